#include "server/faulty_replies.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "codec/frame.h"

namespace ringstorm {
namespace {

void move_front(OutputQueue& from, std::uint64_t bytes, OutputQueue& to, BlockPool& pool) {
  const std::uint64_t rest = from.bytes() - bytes;
  while (from.bytes() > rest) {
    to.append(from.start_send(rest), pool);
    from.finish_send(pool);
  }
}

}  // namespace

void FaultyReplies::take(const DecoderEvent& event, Instant now, BlockPool& pool, FaultCounts& counts) {
  if (mute_) return;
  if (event.message_start) begin();
  if (fate_.kind == ReplyFate::Kind::sent) append(event, pool);
  if (event.message_end) finish(now, pool, counts);
}

void FaultyReplies::begin() {
  in_message_ = true;
  fate_ = faults_.next_reply();
  if (aside_until_ != kNever) fate_.swapped = false;  // it is the next one of the reply set aside
}

void FaultyReplies::append(const DecoderEvent& event, BlockPool& pool) {
  OutputQueue& to = fate_.swapped ? aside_ : held_;
  const std::uint64_t before = to.bytes();
  if (event.frame_start) {
    std::array<std::byte, kMaxFrameHeaderBytes> header;
    const std::size_t size =
        encode_frame_header(header, {.opcode = event.message_start ? event.opcode : Opcode::continuation,
                                     .fin = event.frame_fin,
                                     .rsv = event.message_start ? event.rsv : std::uint8_t{0},
                                     .payload_bytes = event.frame_bytes});
    to.append(std::span(header).first(size), pool);
  }
  to.append(event.bytes, pool);
  if (!fate_.swapped) unfinished_bytes_ += to.bytes() - before;
}

void FaultyReplies::finish(Instant now, BlockPool& pool, FaultCounts& counts) {
  in_message_ = false;
  if (fate_.kind == ReplyFate::Kind::dropped) {
    ++counts.dropped_replies;
    return;
  }
  if (fate_.delay > Duration{0}) ++counts.delayed_replies;
  if (fate_.kind == ReplyFate::Kind::sent) return finish_sent(now, pool, counts);
  give_up_aside(pool, counts);
  if (fate_.kind == ReplyFate::Kind::garbage) {
    ++counts.garbage_replies;
    finish_garbage(now, pool);
  } else {
    wait(now + fate_.delay, 0, Act::reset);
  }
  mute_ = true;
}

void FaultyReplies::finish_sent(Instant now, BlockPool& pool, FaultCounts& counts) {
  if (fate_.swapped) {
    aside_due_ = now + fate_.delay;
    aside_until_ = now + kSwapPatience;
    return;
  }
  wait(now + fate_.delay, std::exchange(unfinished_bytes_, 0), Act::send);
  if (aside_until_ == kNever) return;
  ++counts.reordered_replies;
  take_from_aside(pool);
}

void FaultyReplies::finish_garbage(Instant now, BlockPool& pool) {
  std::array<std::byte, kGarbageBytes> garbage;
  for (std::size_t i = 0; i < garbage.size(); ++i)
    garbage[i] = static_cast<std::byte>(faults_.garbage_byte(i == 0));
  held_.append(garbage, pool);
  wait(now + fate_.delay, garbage.size(), Act::send);
}

void FaultyReplies::wait(Instant due, std::uint64_t bytes, Act act) {
  pending_.push_back({due, bytes, act});
}

void FaultyReplies::take_from_aside(BlockPool& pool) {
  const std::uint64_t bytes = aside_.bytes();
  move_front(aside_, bytes, held_, pool);
  aside_until_ = kNever;
  wait(aside_due_, bytes, Act::send);
}

void FaultyReplies::give_up_aside(BlockPool& pool, FaultCounts& counts) {
  counts.unsent_replies += aside_until_ != kNever;
  aside_until_ = kNever;
  aside_.clear(pool);
}

Instant FaultyReplies::next_due() const {
  return std::min(pending_.empty() ? kNever : pending_.front().due, aside_until_);
}

FaultyReplies::Outcome FaultyReplies::release(Instant now, OutputQueue& out, BlockPool& pool,
                                              FaultCounts& counts) {
  if (aside_until_ <= now) {
    // The message under way will be the next one, unless its reply is dropped.
    if (in_message_) {
      aside_until_ = now + kSwapPatience;
    } else {
      take_from_aside(pool);
    }
  }
  while (!pending_.empty() && pending_.front().due <= now) {
    const Pending reply = pending_.front();
    pending_.pop_front();
    if (reply.act == Act::reset) {
      ++counts.resets;
      return Outcome::resets;
    }
    move_front(held_, reply.bytes, out, pool);
  }
  return Outcome::goes_on;
}

void FaultyReplies::abandon(BlockPool& pool, FaultCounts& counts) {
  give_up_aside(pool, counts);
  counts.unsent_replies += pending_.size();
  pending_.clear();
  held_.clear(pool);
  unfinished_bytes_ = 0;
  mute_ = true;
}

}  // namespace ringstorm
