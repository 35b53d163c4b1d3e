"""Serves OpenTAXII on 127.0.0.1 at the port given, or as `serve:app` under gunicorn; its configuration comes from OPENTAXII_CONFIG."""
import json
import sys
import uuid
import warnings

warnings.simplefilter("ignore")

# Release 0.9.3 hands UUID values to the standard library's json, which refuses them.
plain = json.JSONEncoder.default
json.JSONEncoder.default = lambda self, value: str(value) if isinstance(value, uuid.UUID) else plain(self, value)

from opentaxii.http import app  # noqa: E402

if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), threaded=True)
