"""Polls with cabby: VERSION PORT POLL_PATH COLLECTION USER PASSWORD [JWT_PATH]. Prints the digests of the blocks it gets."""
import json
import sys
import warnings

warnings.simplefilter("ignore")

from cabby import create_client  # noqa: E402
from digest_xml import digest  # noqa: E402

version, port, path, collection, user, password, *jwt = sys.argv[1:]
client = create_client("127.0.0.1", port=int(port), version=version)
client.set_auth(username=user, password=password, jwt_auth_url=jwt[0] if jwt else None)
print(json.dumps([digest(block.content) for block in client.poll(collection, uri=path)]))
