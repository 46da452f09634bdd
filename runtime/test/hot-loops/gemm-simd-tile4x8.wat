loop $for-loop|1
 local.get $14
 i32.const 0
 i32.gt_s
 if
  local.get $5
  local.get $0
  v128.load32_splat
  local.tee $26
  local.get $2
  v128.load
  local.tee $15
  v128.xor
  i8x16.popcnt
  i8x16.add
  local.set $5
  local.get $7
  local.get $26
  local.get $2
  v128.load offset=16
  local.tee $26
  v128.xor
  i8x16.popcnt
  i8x16.add
  local.set $7
  local.get $8
  local.get $0
  local.get $1
  i32.add
  v128.load32_splat
  local.tee $27
  local.get $15
  v128.xor
  i8x16.popcnt
  i8x16.add
  local.set $8
  local.get $9
  local.get $27
  local.get $26
  v128.xor
  i8x16.popcnt
  i8x16.add
  local.set $9
  local.get $10
  local.get $0
  local.get $24
  i32.add
  v128.load32_splat
  local.tee $27
  local.get $15
  v128.xor
  i8x16.popcnt
  i8x16.add
  local.set $10
  local.get $11
  local.get $27
  local.get $26
  v128.xor
  i8x16.popcnt
  i8x16.add
  local.set $11
  local.get $12
  local.get $0
  local.get $25
  i32.add
  v128.load32_splat
  local.tee $27
  local.get $15
  v128.xor
  i8x16.popcnt
  i8x16.add
  local.set $12
  local.get $13
  local.get $27
  local.get $26
  v128.xor
  i8x16.popcnt
  i8x16.add
  local.set $13
  local.get $0
  i32.const 4
  i32.add
  local.set $0
  local.get $2
  i32.const 32
  i32.add
  local.set $2
  local.get $14
  i32.const 1
  i32.sub
  local.set $14
  br $for-loop|1
 end
end
