"""OpenStack Swift with its S3 interface, whole and in one process, on 127.0.0.1: a real object store for tests.

Usage: object-store.py FOLDER PORT. Prints `ready` once it answers. It checks signatures (SigV4) and keeps what it is given in
FOLDER. Needs Debian's python3-swift. Account `test:tester`, secret `testing`.
"""
import os  # noqa
import sys

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi  # noqa: E402

FOLDER, PORT = os.path.abspath(sys.argv[1]), int(sys.argv[2])
os.makedirs(os.path.join(FOLDER, 'sda'), exist_ok=True)
SWIFT_CONF = os.path.join(FOLDER, 'swift.conf')
with open(SWIFT_CONF, 'w') as conf:
    conf.write('[swift-hash]\nswift_hash_path_suffix = tests\n')

import swift.common.utils as utils  # noqa: E402

utils.SWIFT_CONF_FILE = SWIFT_CONF
utils.validate_hash_conf()

from swift.account.server import AccountController  # noqa: E402
from swift.common.http_protocol import SwiftHttpProtocol  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402
from swift.container.server import ContainerController  # noqa: E402
from swift.obj.server import ObjectController  # noqa: E402

PROXY = """
[DEFAULT]
swift_dir = {folder}
log_level = ERROR
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats bulk s3api tempauth copy slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
s3_acl = no
location = eu-test-1
allow_multipart_uploads = yes
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
rate_limit_after_segment = 1000000
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
"""


class Memory:
    """Stands for memcached."""

    def __init__(self):
        self.kept = {}

    def get(self, key, *_, **__):
        return self.kept.get(key)

    def set(self, key, value, *_, **__):
        self.kept[key] = value

    def incr(self, key, delta=1, *_, **__):
        self.kept[key] = self.kept.get(key, 0) + delta
        return self.kept[key]

    def delete(self, key, *_, **__):
        self.kept.pop(key, None)


class Silent:
    def write(self, *_):
        pass


def build_ring(name, port):
    ring = RingBuilder(4, 1, 0)
    ring.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1.0, 'ip': '127.0.0.1', 'port': port, 'device': 'sda'})
    ring.rebalance()
    ring.get_ring().save(os.path.join(FOLDER, name + '.ring.gz'))


def serve(listener, app):
    eventlet.spawn(
        wsgi.server, listener, app, Silent(), protocol=SwiftHttpProtocol, log_output=False, custom_pool=eventlet.GreenPool(1000)
    )


STORAGE = {'devices': FOLDER, 'mount_check': 'false', 'log_level': 'ERROR', 'swift_dir': FOLDER, 'fallocate_reserve': '0'}
for kind, controller in (('account', AccountController), ('container', ContainerController), ('object', ObjectController)):
    door = eventlet.listen(('127.0.0.1', 0))
    build_ring(kind, door.getsockname()[1])
    serve(door, controller(STORAGE))

conf_path = os.path.join(FOLDER, 'proxy.conf')
with open(conf_path, 'w') as conf:
    conf.write(PROXY.format(folder=FOLDER))
proxy = loadapp(conf_path)
memory = Memory()


def front(env, start_response):
    env['swift.cache'] = memory
    return proxy(env, start_response)


serve(eventlet.listen(('127.0.0.1', PORT)), front)
print('ready', flush=True)
while True:
    eventlet.sleep(3600)
