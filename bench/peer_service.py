"""The service that a user would write in Python: FastAPI, librosa, ONNX Runtime; uvicorn serves it.

    NETWORK=resnet18 THREADS=2 FOLDER=... python peer_service.py PORT

POST /features with a wav file as the body gives its features as NPY. The computing is the straightforward script's
(script.py). FastAPI runs a plain function in its own threads, so that several requests are at work at once.
"""

import io
import os
import sys

import fastapi
import numpy
import uvicorn

from script import Script


def make_service(network, threads, folder):
    app = fastapi.FastAPI()
    script = Script(network, "ONNX Runtime", threads, folder)

    @app.post("/features")
    def features(body: bytes = fastapi.Body(media_type="audio/wav")):
        value = script.net(script.picture(script.logmel(script.load(io.BytesIO(body)))))
        out = io.BytesIO()
        numpy.save(out, value)
        return fastapi.Response(out.getvalue(), media_type="application/octet-stream")

    return app


if __name__ == "__main__":
    service = make_service(os.environ["NETWORK"], int(os.environ["THREADS"]), os.environ["FOLDER"])
    uvicorn.run(service, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
