"""The inside of the file gate: see `engine.modelfile`.

The modules `child`, `contents`, `kinds`, `limits`, `plain_text`, `refusal`, `safetensors_header`,
`sandbox`, `state_dict`, `stub_unpickler`, `torch_zip` and `zip_records` run in the child process
and import nothing but the standard library. The rest runs in the program.
"""
