#!/bin/sh
# Makes the authority, server and client certificates of these tests again (OpenSSL 3). They protect nothing.
set -eu
cd "$(dirname "$0")"
days=36500
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $days -subj '/CN=Quirk Test Authority' \
  -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' -keyout authority.key -out authority.pem
issue() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$1.key" -out "$1.csr"
  printf '%s\n' "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA authority.pem -CAkey authority.key -days $days -extfile "$1.ext" -out "$1.pem"
  rm "$1.csr" "$1.ext"
}
issue server localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'
issue client ann 'extendedKeyUsage=clientAuth'
openssl pkcs8 -topk8 -in client.key -passout pass:open-sesame -v2 aes-256-cbc -out client-locked.key
rm authority.key authority.srl 2>/dev/null || true
