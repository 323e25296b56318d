"""Why a file is not opened, in words for people."""

WEIGHTS_ALONE = (
    "Get its weights alone, as safetensors or from torch.save(model.state_dict(), ...), and open"
    " that file."
)
OTHER_FILE = "Choose a safetensors, .pt or .pth file with the weights of a network."
FETCH_AGAIN = "Fetch the file again from where it came, and compare its SHA-256 there."


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """The file is not opened.

    Attributes:
        what: What the file is, with its article: "a TorchScript program".
        why: Why that is not opened: a clause that can follow a colon.
        advice: What to do instead: a whole sentence.
    """

    def __init__(self, what: str, why: str, advice: str = WEIGHTS_ALONE) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why
        self.advice = advice


def damaged(what: str, why: str) -> Refusal:
    """The refusal of a file of a kind that is opened, but that breaks the rules of its format."""
    return Refusal(what, why, FETCH_AGAIN)
