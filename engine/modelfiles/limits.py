"""What the gate takes at most. Larger things are refused, however honest they are."""

MAX_FILE_BYTES = 4 * 2**30
MAX_TENSORS = 5_000
MAX_DIMENSIONS = 8
MAX_ELEMENTS = 2**30
"""Numbers in all tensors together: 4 GiB once they are float32."""

MAX_HEADER_BYTES = 4 * 2**20
"""The header of a safetensors file."""

MAX_PICKLE_BYTES = 8 * 2**20
MAX_OPCODES = 1_000_000
MAX_STACK = 20_000
MAX_MARKS = 1_000
"""The pickle in a torch file: 5,000 tensors with their optimiser take about 700,000 opcodes."""

MAX_RECORDS = 20_000
MAX_DIRECTORY_BYTES = 4 * 2**20
"""The records of a zip file, and the directory that lists them."""

MAX_METADATA_ENTRIES = 256
MAX_METADATA_CHARACTERS = 65_536
"""Texts of a safetensors file; what is longer is left out, and that is said."""

CHILD_MEMORY_BYTES = 512 * 2**20
MAX_REPLY_BYTES = 32 * 2**20
MAX_FRAME_BYTES = 512 * 2**10
"""The reply of the child, and one JSON text in it."""


def child_seconds(file_bytes: int) -> int:
    """Seconds that the child may take: 5 for small files, 100 MB a second for the rest."""
    return 5 + file_bytes // 100_000_000
