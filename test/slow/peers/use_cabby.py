"""cabby against a server: VERSION PORT USER PASSWORD READ WRITE FILE [JWT_PATH]. Prints what it got as JSON."""
import json
import sys
import warnings

warnings.simplefilter("ignore")

from cabby import create_client  # noqa: E402
from digest_xml import digest  # noqa: E402

version, port, user, password, read, write, file, *jwt = sys.argv[1:]
client = create_client("127.0.0.1", port=int(port), version=version, discovery_path="/services/discovery")
client.set_auth(username=user, password=password, jwt_auth_url=jwt[0] if jwt else None)
services = client.discover_services()
report = {
    "services": sorted({service.type for service in services}),
    "collections": sorted(collection.name for collection in client.get_collections()),
    "blocks": [digest(block.content) for block in client.poll(read)],
}
content = open(file, "rb").read().decode()
binding = "urn:stix.mitre.org:xml:1.1.1"
if version == "1.1":
    report["count"] = client.get_content_count(read).count
    client.push(content, binding, collection_names=[write])
    report["pushed"] = [digest(block.content) for block in client.poll(write)]
    made = client.subscribe(read)
    twice = client.subscribe(read)
    subscription = made.subscriptions[0].id
    report["sameTwice"] = twice.subscriptions[0].id == subscription
    report["status"] = client.get_subscription_status(read, subscription).subscriptions[0].status
    report["paused"] = client.pause_subscription(read, subscription).subscriptions[0].status
    report["resumed"] = client.resume_subscription(read, subscription).subscriptions[0].status
    report["subscribed"] = len(list(client.poll(read, subscription_id=subscription)))
    client.unsubscribe(read, subscription)
    report["left"] = [each.id for each in client.get_subscription_status(read).subscriptions]
print(json.dumps(report))
