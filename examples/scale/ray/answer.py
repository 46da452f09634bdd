"""Answers a list of images with Ray Data: python answer.py MODEL LIST OUT

LIST has a request in each line: {"id": 1, "path": "/images/0001.jpg"}. OUT becomes a folder of Parquet files with the columns `id` and `answer`, the line
that signwave gives.
"""

import json
import subprocess
import sys
import threading

import ray


class Signwave:
    """A process for each actor, started once. It answers a line for a line, in the same order."""

    def __init__(self, model: str):
        command = ["signwave", "run", model, "--stdin", "jsonl"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, batch):
        requests = zip(batch["id"].tolist(), batch["path"].tolist())
        # Requests are written beside the reading of answers: a pipe holds only 64 KiB of either.
        writer = threading.Thread(target=self.write, args=([json.dumps({"id": id, "path": path}) for id, path in requests],))
        writer.start()
        answers = [self.process.stdout.readline().rstrip("\n") for _ in batch["id"]]
        writer.join()
        if "" in answers:
            raise RuntimeError(f"signwave ended with exit code {self.process.wait()}; its messages are in Ray's log")
        return {"id": batch["id"], "answer": answers}

    def write(self, requests):
        self.process.stdin.write("".join(f"{request}\n" for request in requests))
        self.process.stdin.flush()


model, manifest, out = sys.argv[1:]
ray.init()
requests = ray.data.read_json(manifest, lines=True)
answers = requests.map_batches(
    Signwave, fn_constructor_args=[model], batch_size=1000, num_cpus=1, concurrency=(1, int(ray.cluster_resources()["CPU"]))
)
answers.write_parquet(out)
