"""Every method of taxii2-client against a server: v20|v21 DISCOVERY_URL USER PASSWORD READ_ID WRITE_ID BUNDLE. Prints what it got as JSON."""
import json
import sys
import warnings

warnings.simplefilter("ignore")

import taxii2client.v20 as v20  # noqa: E402
import taxii2client.v21 as v21  # noqa: E402

version, url, user, password, read_id, write_id, bundle = sys.argv[1:]
client = v20 if version == "v20" else v21
server = client.Server(url, user=user, password=password)
root = server.default
by_id = {one.id: one for one in root.collections}
collection, drops = by_id[read_id], by_id[write_id]


def pages(call, member, **filters):
    found = []
    for page in client.as_pages(call, per_request=500, **filters):
        found += page.get(member, [])
    return found


def key(entry):
    return [entry["id"], entry.get("modified") or entry.get("created")]


objects = pages(collection.get_objects, "objects")
manifest = pages(collection.get_manifest, "objects")
one = next(entry for entry in objects if entry["type"] == "indicator")
report = {
    "title": server.title,
    "roots": [each.title for each in server.api_roots],
    "versions": root.versions,
    "maxContentLength": root.max_content_length,
    "collections": [[each.title, each.can_read, each.can_write] for each in root.collections],
    "objects": [key(entry) for entry in objects],
    "manifest": [entry["id"] for entry in manifest],
    "one": key(collection.get_object(one["id"])["objects"][0]),
    "indicators": len(pages(collection.get_objects, "objects", type="indicator")),
    "byId": [key(entry) for entry in collection.get_objects(id=one["id"])["objects"]],
    "future": collection.get_objects(added_after="2999-01-01T00:00:00.000000Z").get("objects", []),
}
pushed = json.load(open(bundle))["objects"]
envelope = {"objects": pushed} if version == "v21" else {"type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "spec_version": "2.0", "objects": pushed}
status = drops.add_objects(envelope, wait_for_completion=True, poll_interval=0.2)
report["job"] = [status.status, status.total_count, status.success_count, status.failure_count]
again = root.get_status(status.id)
report["jobAgain"] = [again.status, again.success_count]
report["pushed"] = sorted(key(entry) for entry in pages(drops.get_objects, "objects"))
if version == "v21":
    report["objectVersions"] = collection.object_versions(one["id"])["versions"]
    drops.delete_object(pushed[0]["id"])
    left = pages(drops.get_objects, "objects")
    report["deleted"] = pushed[0]["id"] not in [entry["id"] for entry in left] and len(left) == len(report["pushed"]) - 1
print(json.dumps(report))
