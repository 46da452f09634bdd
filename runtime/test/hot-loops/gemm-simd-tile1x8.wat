loop $for-loop|1
 local.get $6
 i32.const 0
 i32.gt_s
 if
  local.get $4
  local.get $0
  v128.load32_splat
  local.tee $9
  local.get $2
  v128.load
  v128.xor
  i8x16.popcnt
  i8x16.add
  local.set $4
  local.get $5
  local.get $9
  local.get $2
  v128.load offset=16
  v128.xor
  i8x16.popcnt
  i8x16.add
  local.set $5
  local.get $0
  i32.const 4
  i32.add
  local.set $0
  local.get $2
  i32.const 32
  i32.add
  local.set $2
  local.get $6
  i32.const 1
  i32.sub
  local.set $6
  br $for-loop|1
 end
end
