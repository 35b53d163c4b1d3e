"""Pushes a STIX 2 bundle with taxii2-client: DISCOVERY_URL USER PASSWORD BUNDLE. Prints how many objects were taken."""
import json
import sys
import warnings

warnings.simplefilter("ignore")

from taxii2client.v21 import Server  # noqa: E402

url, user, password, path = sys.argv[1:]
collection = Server(url, user=user, password=password).default.collections[0]
objects = json.load(open(path))["objects"]
taken = 0
for start in range(0, len(objects), 1000):
    job = collection.add_objects({"objects": objects[start:start + 1000]}, wait_for_completion=False)
    taken += job.success_count
print(taken)
