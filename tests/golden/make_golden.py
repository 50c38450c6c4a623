"""Makes the golden files of this folder anew: all of them, or those that are named: make_golden.py front line

Needs librosa, matplotlib, torch, torchvision, scikit-learn, safetensors and h5py. The same versions give the
same bytes; each file records the versions that made it. Tests read the committed files and need none of this.
"""

import sys

import golden_bgmm
import golden_dcae
import golden_front
import golden_gamma
import golden_gmm
import golden_kde
import golden_line
import golden_neighbours
import golden_net
import golden_ocsvm
import golden_iforest
import golden_line
import golden_mahalanobis
import golden_net
import golden_pca
import golden_preparation
import golden_picture
import golden_roc
import make_net_shapes
import make_pth

PARTS = {
    "front": golden_front,
    "picture": golden_picture,
    "net": golden_net,
    "line": golden_line,
    "gmm": golden_gmm,
    "bgmm": golden_bgmm,
    "neighbours": golden_neighbours,
    "kde": golden_kde,
    "ocsvm": golden_ocsvm,
    "iforest": golden_iforest,
    "mahalanobis": golden_mahalanobis,
    "pca": golden_pca,
    "preparation": golden_preparation,
    "dcae": golden_dcae,
    "roc": golden_roc,
    "gamma": golden_gamma,
    "net_shapes": make_net_shapes,
    "pth": make_pth,
}


def main():
    for name in sys.argv[1:] or PARTS:
        if name not in PARTS:
            sys.exit(f"no golden files are called {name}; there are {', '.join(PARTS)}")
        PARTS[name].main()


if __name__ == "__main__":
    main()
