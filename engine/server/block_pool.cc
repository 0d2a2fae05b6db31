#include "server/block_pool.h"

#include <algorithm>
#include <new>

#include "base/check.h"

namespace ringstorm {
namespace {

Block* pop(Block*& first) {
  Block* block = first;
  first = block->next;
  return block;
}

}  // namespace

BlockPool::~BlockPool() {
  RS_DCHECK(bytes_in_use_ == 0);
  for (Shelf* shelf : {&small_, &large_}) {
    while (shelf->first != nullptr) ::operator delete(pop(shelf->first));
  }
}

Block* BlockPool::take(Shelf& shelf, std::size_t capacity) {
  void* memory = nullptr;
  if (shelf.first != nullptr) {
    memory = pop(shelf.first);
    --shelf.blocks;
  } else {
    memory = ::operator new(sizeof(Block) + capacity);
  }
  bytes_in_use_ += capacity;
  peak_bytes_in_use_ = std::max(peak_bytes_in_use_, bytes_in_use_);
  return new (memory) Block{.capacity = static_cast<std::uint32_t>(capacity)};
}

void BlockPool::give_back(Block* block) {
  bytes_in_use_ -= block->capacity;
  Shelf& shelf = block->capacity == kSmallBytes ? small_ : large_;
  if (shelf.blocks == shelf.most_blocks) return ::operator delete(block);
  block->next = shelf.first;
  shelf.first = block;
  ++shelf.blocks;
}

}  // namespace ringstorm
