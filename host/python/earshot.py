"""earshot from Python: one file, no installation (numpy; h5py for files, pandas and scikit-learn where they are).

    import earshot

    table = earshot.read_features("features.h5")        # what `earshot extract` wrote
    table.features                                      # float32 [patches][columns], standardised
    table.raw()                                         # the same as the network gave them
    table.recordings["path"]                            # a column of its recordings
    table.frame()                                       # pandas: one row a patch

    with earshot.Earshot(network="resnet18", weights="seeded:1") as ear:
        for result in ear.hear(["a.wav", "b.flac", samples]):
            result.features                             # the library's own memory, not a copy

    with earshot.Earshot("model.h5") as ear:
        result = ear.hear_one("a.wav")
        result.score, result.percentile, result.verdict

    make_pipeline(earshot.EarshotTransformer(network="resnet18"), StandardScaler(), LogisticRegression())

The library is looked for where EARSHOT_LIBRARY says, in the build folder beside this file, in ../lib from it, and where the loader
looks. Options are those of `earshot extract`, with _ for -.
"""

import ctypes
import inspect
import os
import pathlib
import threading
import weakref

import numpy as np

try:
    from sklearn.base import BaseEstimator, OutlierMixin, TransformerMixin
except ImportError:  # all but the two estimators works without

    class BaseEstimator:
        pass

    class TransformerMixin:
        pass

    class OutlierMixin:
        pass


__all__ = ["Earshot", "EarshotDetector", "EarshotError", "EarshotTransformer", "FeatureFile", "ModelFile", "Result",
           "read_features", "read_model"]

ABI = 1
OK, INTERNAL, MEMORY, USAGE, INPUT, POISON, DEVICE, BUSY, TIMEOUT, END = range(10)
VERDICTS = {-1: None, 0: "normal", 1: "not normal"}


class EarshotError(Exception):
    """What the library says of a failure. `status` is its code, `name` of that is in str()."""

    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status


# ------------------------------------------------------------------------------------------------- the library

_PLACES = ["../../build", "../lib", "../../lib", "../../../lib"]
_text, _size, _int, _real = ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_double
_pointer = ctypes.c_void_p
_FUNCTIONS = {  # name: result, arguments
    "version": (_text, []),
    "abi": (_int, []),
    "error": (_text, []),
    "status_name": (_text, [_int]),
    "log": (_int, [_int]),
    "open": (_int, [ctypes.POINTER(_pointer), ctypes.POINTER(_text), _size]),
    "open_model": (_int, [ctypes.POINTER(_pointer), _text, ctypes.POINTER(_text), _size]),
    "close": (None, [ctypes.POINTER(_pointer)]),
    "columns": (_int, [_pointer]),
    "groups": (_int, [_pointer]),
    "group": (_text, [_pointer, _int]),
    "setting": (_int, [_pointer, _text, _text, _size]),
    "judge": (_int, [_pointer, _text, _real, ctypes.POINTER(_real), ctypes.POINTER(_int)]),
    "push_file": (_int, [_pointer, _text, _text]),
    "push_bytes": (_int, [_pointer, _text, _size, _text, _text]),
    "push_float": (_int, [_pointer, _pointer, _size, _int, _text, _text]),
    "push_int16": (_int, [_pointer, _pointer, _size, _int, _text, _text]),
    "waiting": (_int, [_pointer]),
    "pull": (_int, [_pointer, _real, ctypes.POINTER(_pointer)]),
    "release": (None, [ctypes.POINTER(_pointer)]),
    "result_number": (ctypes.c_longlong, [_pointer]),
    "result_name": (_text, [_pointer]),
    "result_seconds": (_real, [_pointer]),
    "result_sample_rate": (_int, [_pointer]),
    "result_patches": (_int, [_pointer]),
    "result_columns": (_int, [_pointer]),
    "result_features": (_pointer, [_pointer]),
    "result_starts": (_pointer, [_pointer]),
    "result_patch_scores": (_pointer, [_pointer]),
    "result_score": (_real, [_pointer]),
    "result_threshold": (_real, [_pointer]),
    "result_percentile": (_real, [_pointer]),
    "result_verdict": (_int, [_pointer]),
}


def _find_library():
    named = os.environ.get("EARSHOT_LIBRARY")
    if named:
        return named
    here = pathlib.Path(__file__).resolve().parent
    for place in _PLACES:
        path = here / place / "libearshot.so.1"
        if path.exists():
            return str(path)
    return "libearshot.so.1"


_loaded = {}
_lock = threading.Lock()


def _library():
    """The functions by their names without earshot_; loaded when they are first needed."""
    with _lock:
        if not _loaded:
            library = ctypes.CDLL(_find_library())
            if library.earshot_abi() != ABI:
                raise EarshotError(INTERNAL, f"libearshot has interface {library.earshot_abi()}, {ABI} expected")
            for name, (result, arguments) in _FUNCTIONS.items():
                function = getattr(library, "earshot_" + name)
                function.restype, function.argtypes = result, arguments
                _loaded[name] = function
        return _loaded


def _call(name, *arguments):
    status = _library()[name](*arguments)
    if status != OK:
        raise EarshotError(status, _library()["error"]().decode(errors="replace"))


def _bytes(text):
    return None if text is None else os.fsencode(text)


def version():
    """The library's version."""
    return _library()["version"]().decode()


class _Memory:
    """An array interface on the library's memory that keeps its owner alive; read only."""

    def __init__(self, owner, address, shape, kind):
        self.owner = owner
        self.__array_interface__ = {"data": (address, True), "shape": shape, "typestr": kind, "version": 3}


def _free(name, address):
    _library()[name](ctypes.byref(_pointer(address)))


class Result:
    """One recording's answer. Its arrays are the library's memory, which lives as long as any of them."""

    def __init__(self, address):
        self._address = address
        self._end = weakref.finalize(self, _free, "release", address)
        self._end.atexit = False

    def _ask(self, name):
        return _library()["result_" + name](self._address)

    def _array(self, name, shape, kind):
        address = self._ask(name)
        if not address:
            return None
        return np.asarray(_Memory(self, address, shape, kind))

    number = property(lambda self: self._ask("number"))
    name = property(lambda self: os.fsdecode(self._ask("name")))
    seconds = property(lambda self: self._ask("seconds"))
    sample_rate = property(lambda self: self._ask("sample_rate"))
    score = property(lambda self: self._ask("score"))
    threshold = property(lambda self: self._ask("threshold"))
    percentile = property(lambda self: self._ask("percentile"))
    verdict = property(lambda self: VERDICTS[self._ask("verdict")], doc='"normal", "not normal", or None: undecided')

    @property
    def features(self):
        """float32 [patches][columns], not standardised."""
        shape = (self._ask("patches"), self._ask("columns"))
        array = self._array("features", shape, "<f4")
        return np.empty((0, shape[1]), np.float32) if array is None else array

    @property
    def starts(self):
        """Where each patch begins, seconds."""
        array = self._array("starts", (self._ask("patches"),), "<f8")
        return np.empty(0) if array is None else array

    @property
    def patch_scores(self):
        """float64 [patches], or None of a network."""
        return self._array("patch_scores", (self._ask("patches"),), "<f8")


class Earshot:
    """A network, or a fitted model: Earshot("model.h5"), Earshot(network="resnet18", weights="seeded:1", n_mels=64)."""

    def __init__(self, model=None, **options):
        texts = [f"{name}={_option(value)}".encode() for name, value in options.items() if value is not None]
        array = (_text * len(texts))(*texts)
        handle = _pointer()
        if model is None:
            _call("open", ctypes.byref(handle), array, len(texts))
        else:
            _call("open_model", ctypes.byref(handle), _bytes(model), array, len(texts))
        self._handle = handle.value
        self._end = weakref.finalize(self, _free, "close", handle.value)

    def close(self):
        """Results that were pulled stay."""
        self._end()
        self._handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def _open(self):
        if self._handle is None:
            raise EarshotError(USAGE, "it is closed")
        return self._handle

    @property
    def columns(self):
        return _library()["columns"](self._open)

    @property
    def groups(self):
        count = _library()["groups"](self._open)
        return [_library()["group"](self._open, number).decode() for number in range(count)]

    def setting(self, name):
        """How the features are made: "network", "hop_length", … as text."""
        text = ctypes.create_string_buffer(4096)
        _call("setting", self._open, name.encode(), text, len(text))
        return text.value.decode()

    def judge(self, score, group=None):
        """(percentile, verdict) of a score."""
        percentile, verdict = _real(), _int()
        _call("judge", self._open, _bytes(group), score, ctypes.byref(percentile), ctypes.byref(verdict))
        return percentile.value, VERDICTS[verdict.value]

    def push(self, recording, sample_rate=None, name=None, group=None):
        """A path, the bytes of a file, or samples of one channel (float of full scale 1, int16) at `sample_rate` (None:
        what the network takes)."""
        name, group = _bytes(name), _bytes(group)
        if isinstance(recording, (str, os.PathLike)):
            _call("push_file", self._open, _bytes(recording), group)
        elif isinstance(recording, (bytes, bytearray, memoryview)):
            recording = bytes(recording)
            _call("push_bytes", self._open, recording, len(recording), name, group)
        else:
            samples = np.asarray(recording)
            if samples.ndim != 1:
                raise EarshotError(USAGE, f"samples of one channel expected, {samples.ndim} dimensions found")
            kind, function = (np.int16, "push_int16") if samples.dtype == np.int16 else (np.float32, "push_float")
            samples = np.ascontiguousarray(samples, kind)
            rate = int(self.setting("sample_rate") if sample_rate is None else sample_rate)
            _call(function, self._open, samples.ctypes.data, samples.size, rate, name, group)

    @property
    def waiting(self):
        """Recordings that were pushed and not pulled."""
        return _library()["waiting"](self._open)

    def pull(self, seconds=-1):
        """The next Result, in the order of the pushes; None where nothing is left. EarshotError where the recording failed
        (the next pull goes on with the next one), or TIMEOUT."""
        address = _pointer()
        status = _library()["pull"](self._open, seconds, ctypes.byref(address))
        sentence = _library()["error"]().decode(errors="replace")
        result = Result(address.value) if address.value else None
        if status == END:
            return None
        if status != OK:
            raise EarshotError(status, sentence)
        return result

    def hear(self, recordings, sample_rate=None, group=None):
        """A Result for each recording, in order, while others are computed. The first that fails is raised."""
        for number, recording in enumerate(recordings):
            while True:
                try:
                    self.push(recording, sample_rate, f"recordings[{number}]", group)
                    break
                except EarshotError as error:
                    if error.status != BUSY:
                        raise
                yield self.pull()
        while self.waiting:
            yield self.pull()

    def hear_one(self, recording, sample_rate=None, group=None):
        self.push(recording, sample_rate, None, group)
        return self.pull()


def _option(value):
    return int(value) if isinstance(value, (bool, np.bool_)) else value


# ------------------------------------------------------------------------------------------------------- files


def _text_array(column):
    return np.array([value.decode(errors="replace") if isinstance(value, bytes) else value for value in column], object)


def _plain(value):
    return value.decode() if isinstance(value, bytes) else value


def _arrays(group):
    """The data sets and attributes of a group and those below it, as dictionaries in each other."""
    found = {name: _plain(value) for name, value in group.attrs.items()}
    for name, member in group.items():
        found[name] = _arrays(member) if hasattr(member, "items") else member[()]
    return found


def _open_file(path, kind):
    import h5py

    file = h5py.File(path, "r")
    if _plain(file.attrs.get("format", "")) != kind:
        file.close()
        raise ValueError(f"{path}: no {kind} file")
    return file


class FeatureFile:
    """What `earshot extract` wrote (docs/files.md). features float32 [patches][columns], standardised; recording [patches]: row of
    `recordings`, a dictionary of columns; start_s [patches]; attributes: how it was made."""

    def __init__(self, path):
        with _open_file(path, "earshot-features") as file:
            self.path = os.fspath(path)
            self.attributes = {name: _plain(value) for name, value in file.attrs.items()}
            self.features = file["features"][()]
            self.recording = file["patches/recording"][()]
            self.start_s = file["patches/start_s"][()]
            self.recordings = {name: _column(column) for name, column in file["recordings"].items()}
            self.standardization = _arrays(file["standardization"]) if "standardization" in file else {}

    def __len__(self):
        return len(self.features)

    def group_of(self, row):
        """The name of a recording's group: "fan/id_00/0dB", or "all"."""
        levels = [self.recordings[level][row] for level in ("machine", "id", "snr")]
        return "/".join(level for level in levels if level) or "all"

    def raw(self):
        """The features before they were standardised, as the network gave them, to a rounding or two."""
        raw = np.empty_like(self.features)
        groups = np.array([self.group_of(row) for row in range(len(self.recordings["path"]))], object)
        of_patch = groups[self.recording]
        for name in sorted(set(of_patch)):
            group = self.standardization
            for level in name.split("/"):
                group = group[level]
            rows = of_patch == name
            raw[rows] = self.features[rows] * group["scale"] + group["mean"]
        return raw

    def frame(self):
        """pandas: one row a patch, what is known of its recording, then its features."""
        import pandas

        known = {name: self.recordings[name][self.recording] for name in ("path", "machine", "id", "snr", "label")}
        known["start_s"] = self.start_s
        numbers = pandas.DataFrame(self.features, columns=[f"f{i}" for i in range(self.features.shape[1])])
        return pandas.concat([pandas.DataFrame(known), numbers], axis=1)

    def recordings_frame(self):
        """pandas: one row a recording."""
        import pandas

        return pandas.DataFrame(self.recordings)


def _column(column):
    values = column[()]
    return _text_array(values) if values.dtype == object else values


class ModelFile:
    """What `earshot fit` wrote (docs/files.md): attributes, and for each name of `groups` a dictionary with mean, scale, calibration,
    detector, …"""

    def __init__(self, path):
        with _open_file(path, "earshot-model") as file:
            self.path = os.fspath(path)
            self.attributes = {name: _plain(value) for name, value in file.attrs.items()}
            names = [_plain(name) for name in file["groups"][()]]
            self.groups = {name: _arrays(file["models"][name]) for name in names}


def read_features(path):
    return FeatureFile(path)


def read_model(path):
    return ModelFile(path)


# ---------------------------------------------------------------------------------------------- scikit-learn

_shared = weakref.WeakValueDictionary()


def _shared_handle(model, options):
    """Handles are shared by estimators of the same options: clones of a grid search load a network once. A forked child opens its
    own."""
    key = (os.getpid(), model, tuple(sorted(options.items())))
    with _shared_lock:
        handle = _shared.get(key)
        if handle is None:
            handle = _shared[key] = Earshot(model, **options)
        return handle


_shared_lock = threading.Lock()
_POOLS = {
    "mean": lambda rows: rows.mean(axis=0),
    "median": lambda rows: np.median(rows, axis=0),
    "max": lambda rows: rows.max(axis=0),
    "mean+std": lambda rows: np.concatenate([rows.mean(axis=0), rows.std(axis=0)]),
}


class _Estimator(BaseEstimator):
    """X: paths, bytes of files, or samples of one channel (a list of arrays, or an array [recordings][samples])."""

    def __getstate__(self):
        state = dict(self.__dict__)
        state.pop("_ear", None)
        return state

    def _handle(self):
        if getattr(self, "_ear", None) is None or self._ear_key != self._key():
            self._ear, self._ear_key = _shared_handle(*self._key()), self._key()
        return self._ear

    def _results(self, X):
        # Handles are shared, so that a recording must come back to whoever pushed it.
        ear = self._handle()
        with _shared_lock_of(ear):
            try:
                yield from ear.hear(X, self.input_sample_rate, getattr(self, "group", None))
            finally:
                _drain(ear)


def _drain(ear):
    """After a failure others may still be on their way."""
    while ear.waiting:
        try:
            ear.pull()
        except EarshotError:
            pass


def _shared_lock_of(ear):
    return ear.__dict__.setdefault("_users", threading.Lock())


class EarshotTransformer(_Estimator, TransformerMixin):
    """Recordings to features, one row a recording: its patches are pooled by mean, median, max or "mean+std". Nothing is learned;
    `fit` opens the network. `options`: a dictionary with other options of `earshot extract`."""

    def __init__(self, network="resnet18", layer=None, weights="auto", pool="mean", backend="auto", threads=0,
                 sample_rate=16000, n_fft=1024, hop_length=256, n_mels=64, patch=64, offset=32, input_sample_rate=None,
                 options=None):
        for name, value in list(locals().items()):
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    def _key(self):
        own = ("self", "pool", "input_sample_rate", "options")
        names = [name for name in inspect.signature(type(self).__init__).parameters if name not in own]
        options = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return None, {**options, **(self.options or {})}

    def fit(self, X=None, y=None):
        if self.pool not in _POOLS:
            raise ValueError(f"pool={self.pool!r}: expected one of {', '.join(_POOLS)}")
        self.n_features_out_ = self._handle().columns * (2 if self.pool == "mean+std" else 1)
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_features_out_")

    def transform(self, X):
        if not self.__sklearn_is_fitted__():
            self.fit()
        rows = []
        for result in self._results(X):
            rows.append(_POOLS[self.pool](result.features))
        return np.array(rows, np.float32).reshape(len(rows), self.n_features_out_)

    def get_feature_names_out(self, input_features=None):
        if not self.__sklearn_is_fitted__():
            self.fit()
        columns = self._handle().columns
        names = [f"{self.network}_{column}" for column in range(columns)]
        if self.pool == "mean+std":
            names = [f"{name}_{what}" for what in ("mean", "std") for name in names]
        return np.array(names, object)


class EarshotDetector(_Estimator, OutlierMixin):
    """Recordings to scores of a model that `earshot fit` made; scikit-learn's signs: higher is more normal, −1 is not normal."""

    def __init__(self, model=None, group=None, weights=None, backend="auto", threads=0, input_sample_rate=None):
        self.model = model
        self.group = group
        self.weights = weights
        self.backend = backend
        self.threads = threads
        self.input_sample_rate = input_sample_rate

    def _key(self):
        options = {"weights": self.weights, "backend": self.backend, "threads": self.threads}
        return self.model, {name: value for name, value in options.items() if value is not None}

    def fit(self, X=None, y=None):
        """The model is fitted already: it is opened."""
        ear = self._handle()
        groups = [self.group] if self.group else ear.groups
        self.decides_ = all(ear.judge(0.0, group)[1] is not None for group in groups)
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "decides_")

    def score_samples(self, X):
        return -np.array([result.score for result in self._results(X)])

    def decision_function(self, X):
        return np.array([result.threshold - result.score for result in self._results(X)])

    def predict(self, X):
        verdicts = [result.verdict for result in self._results(X)]
        if None in verdicts:
            raise EarshotError(USAGE, f"{self.model}: the model has no threshold")
        return np.array([-1 if verdict == "not normal" else 1 for verdict in verdicts])
