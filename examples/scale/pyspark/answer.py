"""Answers a list of images on Spark: spark-submit answer.py MODEL LIST OUT

Each partition of the list is piped through a signwave process of its own. OUT/part-00000, ... together are the lines that
`signwave merge` writes after `signwave run MODEL --manifest LIST`, in the same order.
"""

import json
import os
import shlex
import sys

from pyspark.sql import SparkSession

model, manifest, out = sys.argv[1:]
spark = SparkSession.builder.appName("signwave").getOrCreate()
context = spark.sparkContext

paths = context.textFile(manifest, minPartitions=4 * context.defaultParallelism)
requests = paths.zipWithIndex().map(lambda it: json.dumps({"id": it[1] + 1, "path": it[0]}))
# Spark gives a pipe's process an empty environment, in which neither signwave nor Node is found. With checkCode a process that ends with an error
# fails its task, which Spark runs again.
answers = requests.pipe(f"signwave run {shlex.quote(model)} --stdin jsonl", {"PATH": os.environ["PATH"]}, checkCode=True)
answers.saveAsTextFile(out)
spark.stop()
