"""Reads a STIX 2.1 bundle with OASIS's own library, strictly, and says as JSON what it refuses and which ids it would give."""

import json
import sys

import stix2

with open(sys.argv[1], encoding="utf-8") as file:
    objects = json.load(file)["objects"]
refused = []
other_ids = []
for one in objects:
    try:
        stix2.parse(json.dumps(one), allow_custom=False, version="2.1")
        if "created" not in one and one["type"] != "process":
            anew = stix2.parse(json.dumps({k: v for k, v in one.items() if k != "id"}), version="2.1")
            if anew["id"] != one["id"]:
                other_ids.append([one["id"], anew["id"]])
    except Exception as error:
        refused.append([one["id"], str(error)[:300]])
print(json.dumps({"read": len(objects) - len(refused), "refused": refused, "otherIds": other_ids}))
