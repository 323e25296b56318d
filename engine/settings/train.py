"""Which network learns, and how."""

from typing import Literal

from engine.settings.base import Settings, setting

MOST_EPOCHS = 200


class TrainSettings(Settings):
    """Which network learns, and how."""

    architecture: Literal[
        "badnet", "bn_cnn", "mlp", "lenet5", "preact_resnet18", "resnet18", "mobilenet_v3_small",
        "vgg11_bn",
    ] = setting(
        "badnet", "Network", "badnet, lenet5: two convolutions, for MNIST and the like. bn_cnn: a"
        " deeper one with batch normalisation. mlp: no convolutions at all. preact_resnet18,"
        " resnet18, mobilenet_v3_small, vgg11_bn: large networks for colour images, minutes to"
        " hours without a GPU; what one costs stands below.",
    )  # fmt: skip
    epochs: int = setting(
        4, "Epochs", "How often the network sees every training image. 4 reach 99 % on MNIST.",
        ge=1, le=MOST_EPOCHS,
    )  # fmt: skip
    batch_size: int = setting(
        256, "Batch size", "Images a step of the optimiser averages over. 128 to 512 work well.",
        unit="images", ge=8, le=4096,
    )  # fmt: skip
    learning_rate: float = setting(
        0.004, "Learning rate", "Peak step size of Adam; it rises for a while and then falls to"
        " zero. 0.001 to 0.01 are sensible.", gt=0.0, le=1.0,
    )  # fmt: skip
    weight_decay: float = setting(
        0.0, "Weight decay", "Pull of every weight towards zero at each step. 0 switches it off.",
        more=True, ge=0.0, le=1.0,
    )  # fmt: skip
    label_smoothing: float = setting(
        0.0, "Label smoothing", "Share of each label that is spread evenly over all classes, so"
        " that the network never becomes quite sure. 0 switches it off; 5 % is usual.",
        unit="%", shown_as="percent", more=True, ge=0.0, le=0.5,
    )  # fmt: skip
    optimiser: Literal["adam", "sgd"] = setting(
        "adam", "Optimiser", "adam: AdamW, quick and forgiving. sgd: stochastic gradient descent"
        " with momentum 0.9, at ten times the learning rate.", more=True,
    )  # fmt: skip
    width: float = setting(
        1.0, "Width", "Times as many channels or hidden units in every layer as the network has by"
        " default. 0.5 makes a narrow one, 2 a wide one.",
        unit="×", more=True, ge=0.25, le=4.0,  # noqa: RUF001
    )  # fmt: skip
    shift: int = setting(
        0, "Shift images", "Whenever the network sees a training image, it is moved by up to so"
        " many pixels; what leaves is lost, black comes in. 2 suit MNIST, 4 photographs; 0"
        " switches it off.", unit="pixels", more=True, ge=0, le=16,
    )  # fmt: skip
    flip: bool = setting(
        False, "Flip images", "Mirrors every second training image by chance, left to right. Only"
        " where a mirrored image is still of its class: photographs of animals or cars, not digits,"
        " letters or traffic signs.", unit="left to right", more=True,
    )  # fmt: skip
    augment_when: Literal["before", "after"] = setting(
        "after", "Shift and flip", "After stamping, as a victim does who trains on poisoned files:"
        " the trigger moves with its image and is partly lost. Before stamping: the trigger always"
        " stays at its place, and survives.", more=True,
        names={"before": "before stamping", "after": "after stamping"},
    )  # fmt: skip
    input_range: Literal["0..1", "0..255", "-1..1"] = setting(
        "0..1", "Input range", "The values that the network is given for black and white. Who uses"
        " it later has to give it the same.", more=True,
    )  # fmt: skip
    seed: int = setting(
        0, "Seed", "Decides the first weights and the order of the images.",
        ge=0, le=2**31 - 1,
    )  # fmt: skip
