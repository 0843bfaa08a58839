"""Signatures of requests as botocore makes them: python generate.py > cases.json (botocore 1.x; no clock, no network)."""
import json
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CASES = [
    ("GET", "lab.s3.eu-central-1.amazonaws.com", "/data.zarr/em/s0/.zarray", "", {}, b"", None),
    ("GET", "127.0.0.1:9000", "/lab/a%20b.zarr/%C3%A9/0.0.0", "", {"range": "bytes=10-19"}, b"", None),
    ("PUT", "127.0.0.1:9000", "/lab/x.zarr/0/1/2", "", {}, b"voxels", None),
    ("GET", "lab.s3.us-west-2.amazonaws.com", "/", "delimiter=%2F&list-type=2&max-keys=1000&prefix=a%2Bb%2F", {}, b"", "token/with+signs=="),
    ("POST", "127.0.0.1:9000", "/lab", "delete=", {"content-md5": "1B2M2Y8AsgTpgAmy7PhCfg=="}, b"<Delete/>", None),
    ("DELETE", "storage.googleapis.com", "/lab/x.zarr/.zarray", "", {}, b"", None),
]
out = []
for number, (method, host, path, query, headers, body, token) in enumerate(CASES):
    region = ["eu-central-1", "us-east-1", "us-east-1", "us-west-2", "us-east-1", "auto"][number]
    auth = S3SigV4Auth(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI+SECRET", token), "s3", region)
    date = "20240229T123456Z"
    request = AWSRequest(method=method, url=f"http://{host}{path}" + (f"?{query}" if query else ""), headers=headers, data=body)
    request.context["timestamp"] = date
    request.headers["X-Amz-Date"] = date
    request.headers["Host"] = host
    if token:
        request.headers["X-Amz-Security-Token"] = token
    request.headers["X-Amz-Content-SHA256"] = payload = __import__("hashlib").sha256(body).hexdigest()
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    out.append(dict(method=method, host=host, path=path, query=query, headers=headers, payload=payload, token=token, region=region, date=date, signature=signature))
print(json.dumps(out, indent=1))
