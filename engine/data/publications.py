"""The published files of each data set: names, checksums, sizes and places.

They are those that torchvision's data set classes ask for, so that a folder made by torchvision
serves here, and the other way round.
"""

from engine.data.published import Publication, PublishedFile

_IDX_NAMES = (
    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
)  # fmt: skip


def _idx_files(
    base: str, md5s: tuple[str, ...], sizes: tuple[int, ...], repacked: tuple[str, ...] = ("",) * 4
) -> tuple[PublishedFile, ...]:
    rows = zip(_IDX_NAMES, md5s, sizes, repacked, strict=True)
    return tuple(
        PublishedFile(name, md5, size, base + name, *more) for name, md5, size, *more in rows
    )


# Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747. Debian's package dataset-fashion-mnist has the same
# content without name and date in the header: with t10k-labels-idx1-ubyte and 1504176627 put back,
# its smallest file has the published checksum.
FASHION_MNIST = Publication(
    "fashion-mnist", "Fashion-MNIST", "FashionMNIST/raw",
    _idx_files(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        (
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        (26_421_880, 29_515, 4_422_102, 5_148),
        (
            "cf8536b0aa1a6ac5fa3f23001093305c", "10bea18fdb374794d4bb42e356e600c9",
            "f78720b4224f21cce2f2ccf2d7a94c9a", "0d30e22e447f3c33dab9ed536400ac01",
        ),
    ),
    packaged="/usr/share/datasets/fashion-mnist",
)  # fmt: skip

# Clanuwat et al. 2018, arXiv 1812.01718.
KMNIST = Publication(
    "kmnist", "KMNIST", "KMNIST/raw",
    _idx_files(
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        (
            "bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7", "7320c461ea6c1c855c0b718fb2a4b134",
        ),
        (18_165_135, 29_497, 3_041_136, 5_120),
    ),
)  # fmt: skip

# Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images.
CIFAR10 = Publication(
    "cifar10", "CIFAR-10", "",
    (
        PublishedFile(
            "cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a", 170_498_071,
            "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        ),
    ),
)  # fmt: skip

# Netzer et al. 2011, Reading Digits in Natural Images with Unsupervised Feature Learning.
SVHN = Publication(
    "svhn", "SVHN", "",
    (
        PublishedFile(
            "train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373", 182_040_794,
            "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
        ),
        PublishedFile(
            "test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3", 64_275_384,
            "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
        ),
    ),
)  # fmt: skip

_ERDA = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"

# Stallkamp et al. 2012, doi 10.1016/j.neunet.2012.02.016.
GTSRB = Publication(
    "gtsrb", "GTSRB", "gtsrb",
    (
        PublishedFile(
            "GTSRB-Training_fixed.zip", "513f3c79a4c5141765e10e952eaa2478", 187_490_228,
            _ERDA + "GTSRB-Training_fixed.zip",
        ),
        PublishedFile(
            "GTSRB_Final_Test_Images.zip", "c7e4e6327067d32654124b0fe9e82185", 88_978_620,
            _ERDA + "GTSRB_Final_Test_Images.zip",
        ),
        PublishedFile(
            "GTSRB_Final_Test_GT.zip", "fe31e9c9270bbcd7b84b7f21a9d9d9e5", 99_620,
            _ERDA + "GTSRB_Final_Test_GT.zip",
        ),
    ),
)  # fmt: skip

PUBLICATIONS = {
    publication.name: publication for publication in (FASHION_MNIST, KMNIST, CIFAR10, GTSRB, SVHN)
}
