loop $for-loop|2
 local.get $2
 local.get $8
 i32.gt_u
 if
  local.get $10
  local.get $0
  local.get $8
  i32.add
  i64.load
  local.tee $13
  local.get $7
  local.get $8
  i32.add
  i64.load
  i64.xor
  i64.popcnt
  i64.add
  local.set $10
  local.get $11
  local.get $13
  local.get $2
  local.get $7
  i32.add
  local.get $8
  i32.add
  i64.load
  i64.xor
  i64.popcnt
  i64.add
  local.set $11
  local.get $8
  i32.const 8
  i32.add
  local.set $8
  br $for-loop|2
 end
end
