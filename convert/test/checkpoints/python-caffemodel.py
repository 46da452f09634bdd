"""A small Caffe model written by Google's protobuf: python3 python-caffemodel.py > python-caffemodel.json (needs the package protobuf)."""

import base64, json

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

INT64, FLOAT, DOUBLE, BOOL, STRING, MESSAGE = (descriptor_pb2.FieldDescriptorProto.Type.Value(f'TYPE_{t}') for t in (
    'INT64', 'FLOAT', 'DOUBLE', 'BOOL', 'STRING', 'MESSAGE'))
#: message -> (field, number, type or name of a message, how: a single one, repeated, or packed).
MESSAGES = {
    'BlobShape': [('dim', 1, INT64, 'packed')],
    'BlobProto': [('data', 5, FLOAT, 'packed'), ('diff', 6, FLOAT, 'packed'), ('shape', 7, 'BlobShape', 'one'), ('double_data', 8, DOUBLE, 'packed')],
    'BatchNormParameter': [('use_global_stats', 1, BOOL, 'one'), ('eps', 3, FLOAT, 'one')],
    'BinaryConvolutionParameter': [('use_alpha', 1, BOOL, 'one'), ('use_binarization', 2, BOOL, 'one')],
    'QuantParameter': [('forward_func', 1, STRING, 'one'), ('clip_thr', 3, FLOAT, 'one'), ('centers', 6, FLOAT, 'repeated')],
    'LayerParameter': [
        ('name', 1, STRING, 'one'), ('type', 2, STRING, 'one'), ('bottom', 3, STRING, 'repeated'), ('blobs', 7, 'BlobProto', 'repeated'),
        ('batch_norm_param', 139, 'BatchNormParameter', 'one'),
        ('binary_convolution_param', 147, 'BinaryConvolutionParameter', 'one'), ('quant_param', 149, 'QuantParameter', 'one'),
    ],
    'NetParameter': [('name', 1, STRING, 'one'), ('layer', 100, 'LayerParameter', 'repeated')],
}
file = descriptor_pb2.FileDescriptorProto(name='caffe.proto', package='caffe', syntax='proto2')
for name, fields in MESSAGES.items():
    message = file.message_type.add(name=name)
    for field, number, kind, how in fields:
        is_message = isinstance(kind, str)
        added = message.field.add(name=field, number=number, type=MESSAGE if is_message else kind, label=1 if how == 'one' else 3)
        if is_message:
            added.type_name = f'.caffe.{kind}'
        if how == 'packed':
            added.options.packed = True
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
Net = message_factory.GetMessageClass(pool.FindMessageTypeByName('caffe.NetParameter'))

net = Net(name='tiny')


def blob(shape, data, part='data'):
    return {'shape': {'dim': shape}, part: data}


net.layer.add(name='data', type='Input')
net.layer.add(name='conv1', type='Convolution', blobs=[blob([2, 1, 1, 2], [0.5, -1, 2, 0.25]), blob([2], [1, -1])])
net.layer.add(
    name='bn1', type='BatchNorm', batch_norm_param={'use_global_stats': True},
    blobs=[blob([2], [1, 2]), blob([2], [3, 9]), blob([1], [3])],
)
net.layer.add(name='qt1', type='Quant', bottom=['conv1'], quant_param={'forward_func': 'hwgq', 'clip_thr': 1.5, 'centers': [0.5, 1, 1.5]})
net.layer.add(name='conv2', type='BinaryConvolution', binary_convolution_param={'use_alpha': True}, blobs=[blob([1, 2, 1, 1], [0.5, -0.25])])
net.layer.add(name='fc', type='InnerProduct', blobs=[blob([1, 1], [2.5], 'double_data')])
print(json.dumps(base64.b64encode(net.SerializeToString()).decode()))
