"""SHA-256 of exclusive canonical XML, or of the text itself where it is not namespace-well-formed: FILE... prints a JSON array."""
import hashlib
import json
import sys

from lxml import etree


def digest(content):
    data = content if isinstance(content, bytes) else content.encode()
    try:
        root = etree.fromstring(data, etree.XMLParser(huge_tree=True, remove_comments=True))
        data = etree.tostring(root, method="c14n", exclusive=True, with_comments=False)
    except etree.XMLSyntaxError:
        data = data.strip()
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    print(json.dumps([digest(open(name, "rb").read()) for name in sys.argv[1:]]))
