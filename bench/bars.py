"""How fast earshot has to be: for each question, case and quantity the least ratio to a peer, and the next goal (or None).

A ratio is ours / peer, above 1 where earshot is faster: the median over the rounds. A bar's peer is a name or the part
of it before the comma; of several peers that it means the strongest counts. "any" means all of them.
"""

BARS = {
    ("net", "resnet34", "trunk"): {"MNN": (1.7, 2.2), "ncnn": (2.0, None), "ONNX Runtime": (2.5, None),
                                   "OpenVINO": (2.6, None), "PyTorch": (2.8, None)},
    ("net", "resnet18", "trunk"): {"MNN": (1.7, 2.1), "ncnn": (2.0, None), "ONNX Runtime": (2.4, None),
                                   "OpenVINO": (2.5, None), "PyTorch": (2.8, None)},
    ("net", "squeezenet1_1", "trunk"): {"MNN": (1.6, 2.0), "ncnn": (1.2, 1.5), "ONNX Runtime": (1.4, None),
                                        "OpenVINO": (1.5, None), "PyTorch": (1.8, None)},
    ("net", "alexnet", "trunk"): {"MNN": (2.0, 2.4), "ncnn": (3.2, None), "ONNX Runtime": (3.1, None),
                                  "OpenVINO": (3.5, None), "PyTorch": (3.6, None)},
    ("net", "resnet34-one", "trunk"): {"any": (1.0, None)},
    ("net", "resnet18-one", "trunk"): {"any": (1.0, None)},
    ("net", "squeezenet1_1-one", "trunk"): {"any": (1.0, None)},
    ("net", "alexnet-one", "trunk"): {"any": (1.0, None)},
    ("line", "resnet18", "line"): {"librosa + PyTorch": (4.5, None), "librosa + ONNX Runtime": (2.3, None)},
    ("line", "resnet34", "line"): {"librosa + PyTorch": (4.0, None), "librosa + ONNX Runtime": (2.6, None)},
    ("line", "squeezenet1_1", "line"): {"librosa + PyTorch": (6.0, None), "librosa + ONNX Runtime": (2.4, None)},
    ("serve", "resnet18", "requests"): {"earshot extract": (0.9, None), "FastAPI + ONNX Runtime": (2.0, None)},
    ("serve", "resnet34", "requests"): {"earshot extract": (0.9, None), "earshot, no batching": (0.97, None)},
    ("serve", "squeezenet1_1", "requests"): {"earshot extract": (0.9, None)},
    ("serve", "resnet34-one", "requests"): {"earshot, no batching": (1.5, None)},
    ("em", "512x80", "iteration"): {"scikit-learn, float64": (12, 20), "scikit-learn, float32": (4.5, 7)},
    ("em", "2048x80", "iteration"): {"scikit-learn, float64": (20, 35)},
    ("em", "512x8", "iteration"): {"scikit-learn, float64": (15, 24)},
    ("em", "kmeans", "given"): {"scikit-learn, float64": (3.5, 5)},
    ("em", "kmeans", "whole"): {"scikit-learn, float64": (2.2, 4)},
    ("em", "fits", "fits"): {"scikit-learn": (8, None)},
    ("detectors", "kde", "score"): {"scikit-learn": (30, None)},
    ("detectors", "knn", "score"): {"scikit-learn": (3, None)},
    ("detectors", "iforest", "fit"): {"scikit-learn": (1, None)},
    ("detectors", "iforest", "score"): {"scikit-learn": (1, None)},
    ("detectors", "ocsvm", "fit"): {"scikit-learn": (3, None)},
    ("detectors", "ocsvm", "score"): {"scikit-learn": (3, None)},
    ("dcae", "lenet_dcae", "epoch"): {"PyTorch": (1.0, 1.5)},
    ("dcae", "small_dcae", "epoch"): {"PyTorch": (1.0, 1.5)},
}

# What earshot's own figure may be at most.
LIMITS = {("memory", "resnet34", "peak"): 1200, ("memory", "resnet34-direct", "peak"): 350,
          ("serve", "resnet18-latency", "even"): 3, ("serve", "resnet18-latency", "poisson"): 5}


def means(bar_peer, peer):
    """Whether a bar's word means this peer."""
    return bar_peer in ("any", peer, peer.split(",")[0])


def verdict(ratio, least, goal):
    """One of "missed", "reached", "goal reached"."""
    if ratio < least:
        return "missed"
    return "goal reached" if goal and ratio >= goal else "reached"


def judge(question, case, quantity, peers):
    """peers: [{"peer", "ratio"}]. One entry for each bar that has a peer here, judged by the strongest."""
    judged = []
    for word, (least, goal) in BARS.get((question, case, quantity), {}).items():
        meant = [peer for peer in peers if means(word, peer["peer"])]
        if meant:
            strongest = min(meant, key=lambda peer: peer["ratio"])
            judged.append({"peer": word, "strongest": strongest["peer"], "ratio": strongest["ratio"], "least": least,
                           "goal": goal, "verdict": verdict(strongest["ratio"], least, goal)})
    return judged


def judge_limit(question, case, quantity, measured):
    """None where there is no limit."""
    most = LIMITS.get((question, case, quantity))
    return most and {"most": most, "measured": measured, "verdict": "kept" if measured <= most else "missed"}


def unjudged(question, case, quantity, peers):
    """The bars whose peer did not run."""
    return [word for word in BARS.get((question, case, quantity), {})
            if not any(means(word, peer["peer"]) for peer in peers)]
