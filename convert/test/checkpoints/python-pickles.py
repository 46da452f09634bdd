"""One value pickled by Python's own pickler in protocols 2 to 5: python3 python-pickles.py > python-pickles.json"""

import base64, collections, json, pickle

VALUE = {
    'integers': [0, 255, 65535, -1, 2**31 - 1, -(2**31), 2**40, -(2**63)],
    'floats': [0.5, -1e300],
    'strings': ['a', 'é€😀', 'x' * 300],
    'tuples': ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
    'constants': [None, True, False],
    'dict': {'inner': {}},
    'ordered': collections.OrderedDict([('p', 1), ('q', 2)]),
    'bytes': [b'ab', b'z' * 300],
    'sets': [{7}, frozenset([8])],
}
print(json.dumps({p: base64.b64encode(pickle.dumps(VALUE, protocol=p)).decode() for p in (2, 3, 4, 5)}, indent=2))
