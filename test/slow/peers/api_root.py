"""Prints the id of the only TAXII 2.1 API root in OpenTAXII's database."""
import warnings

warnings.simplefilter("ignore")

from opentaxii.cli import app  # noqa: E402

with app.app_context():
    for root in app.taxii_server.servers.taxii2.persistence.api.get_api_roots():
        print(root.id)
