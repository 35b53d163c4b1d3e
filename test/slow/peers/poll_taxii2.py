"""Polls the first collection of the default root with taxii2-client: DISCOVERY_URL USER PASSWORD. Prints [[id, modified], ...]."""
import json
import sys
import warnings

warnings.simplefilter("ignore")

from taxii2client.v21 import Server, as_pages  # noqa: E402

url, user, password = sys.argv[1:]
collection = Server(url, user=user, password=password).default.collections[0]
found = []
for page in as_pages(collection.get_objects, per_request=500):
    found += [[item["id"], item.get("modified")] for item in page.get("objects", [])]
print(json.dumps(found))
