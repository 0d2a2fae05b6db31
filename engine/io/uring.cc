#include "io/uring.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "io/kernel_constants.h"

namespace ringstorm {
namespace {

constexpr int kBufferGroup = 0;
constexpr std::size_t kPage = 4096;
// Lazy sends of one turn; those beyond are as prompt as others.
constexpr std::size_t kMostQuietSends = 4096;
// Marks the user data of a quiet send; the lower half is its number. No ticket has it: operations are few.
constexpr std::uint64_t kQuiet = std::uint64_t{1} << 63;
// In place of user data: this completion has been taken. No ticket has it either.
constexpr std::uint64_t kTaken = std::uint64_t{0x7F} << 56;
// Of the request that makes a connected socket's descriptor an ordinary one, to read its options.
constexpr std::uint64_t kInspection = std::uint64_t{0x7E} << 56;

Error ring_error(const char* step, int code, const char* hint = "") {
  return Error{step, std::string(std::strerror(code)), hint};
}

void* page_aligned(std::size_t bytes) {
  return std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage);
}

/// A connect that succeeded says so in the name of its last step.
bool is_connected(const Ticket& ticket) {
  return ticket.operation == Ticket::Operation::connect || ticket.operation == Ticket::Operation::stamp;
}

/// 0 or an errno.
int bind_to_source(int fd, const SocketAddress& source) {
  const int on = 1;
  const bool bound = ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                     ::bind(fd, source.get(), source.length) == 0;
  return bound ? 0 : errno;
}

Instant later_of(Instant a, Instant b) {
  return a < b ? b : a;
}

}  // namespace

void Uring::FreeDeleter::operator()(void* memory) const {
  std::free(memory);
}

Uring::Uring(const UringOptions& options, const Capabilities& capabilities)
    : options_(options),
      capabilities_(capabilities),
      options_v4_(socket_options(options.tuning, AF_INET)),
      options_v6_(socket_options(options.tuning, AF_INET6)),
      options_unix_(socket_options(options.tuning, AF_UNIX)),
      to_inspect_(capabilities.descriptor_install) {
  pending_.reserve(16);
  quiet_.resize(std::min(std::bit_ceil(std::size_t{options.slots}), kMostQuietSends));
}

Uring::~Uring() {
  if (ring_open_) io_uring_queue_exit(&ring_);
}

Result<std::unique_ptr<Uring>> Uring::open(const UringOptions& options, const Capabilities& capabilities) {
  std::unique_ptr<Uring> ring(new Uring(options, capabilities));
  if (auto status = ring->set_up(); !status) return status.errors();
  return ring;
}

Status Uring::set_up() {
  if (options_.stamps) {
    if (!capabilities_.kernel_stamps())
      return ring_error("kernel timestamps", EOPNOTSUPP, "needs Linux 6.17 or newer");
    stamps_ = std::make_unique<StampReader>();
  }
  if (auto status = set_up_ring(); !status) return status;
  return set_up_buffers();
}

Status Uring::set_up_ring() {
  io_uring_params params{};
  // SUBMIT_ALL: one bad request must not hold back the rest of a turn's.
  params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL;
  params.cq_entries = options_.completion_entries;
  if (capabilities_.single_issuer) params.flags |= kernel::kSetupSingleIssuer;
  // DEFER_TASKRUN: completions are made when we ask for them, not by interrupting the user code; it batches
  // the wake-ups.
  if (capabilities_.defer_taskrun) params.flags |= kernel::kSetupDeferTaskrun;
  // A transmit stamp takes a completion of twice the size: where the kernel can mix the two, only those do.
  if (options_.stamps)
    params.flags |= capabilities_.mixed_completions ? kernel::kSetupMixedCompletions : IORING_SETUP_CQE32;
  if (const int code = io_uring_queue_init_params(options_.entries, &ring_, &params); code < 0) {
    return ring_error("io_uring_setup", -code, "ringstorm doctor says what this machine allows");
  }
  ring_open_ = true;
  // Older liburing fills the index array at submission, newer at setup; this class submits by itself and
  // needs it filled.
  if (ring_.sq.array != nullptr) {
    for (unsigned i = 0; i < ring_.sq.ring_entries; ++i) ring_.sq.array[i] = i;
  }
  if ((params.flags & kernel::kSetupMixedCompletions) != 0) {
    for (unsigned i = 0; i < ring_.cq.ring_entries; ++i) ring_.cq.cqes[i].user_data = kTaken;
  }
  sources_.resize(ring_.sq.ring_entries);
  io_uring_register_ring_fd(&ring_);  // saves a descriptor look-up per system call; not having it is harmless
  if (const int code = io_uring_register_files_sparse(&ring_, options_.slots); code < 0) {
    return ring_error("registering a table of direct descriptors", -code,
                      "the limit of open files bounds its size; see ulimit -Hn");
  }
  return success();
}

Status Uring::set_up_buffers() {
  if (options_.stamps && options_.receive_buffer_bytes <= StampedMessage::kPayloadOffset) {
    return Error{"receive buffers", std::to_string(options_.receive_buffer_bytes) + " bytes each",
                 "stamped sockets need more than " + std::to_string(StampedMessage::kPayloadOffset)};
  }
  const std::size_t ring_bytes = std::size_t{options_.receive_buffers} * sizeof(io_uring_buf);
  const std::size_t buffer_bytes = std::size_t{options_.receive_buffers} * options_.receive_buffer_bytes;
  buffer_ring_.reset(static_cast<io_uring_buf_ring*>(page_aligned(ring_bytes)));
  buffers_.reset(static_cast<std::byte*>(page_aligned(buffer_bytes)));
  if (!buffer_ring_ || !buffers_) return ring_error("receive buffers", ENOMEM);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(buffer_ring_.get());
  registration.ring_entries = options_.receive_buffers;
  registration.bgid = kBufferGroup;
  if (const int code = io_uring_register_buf_ring(&ring_, &registration, 0); code < 0) {
    return ring_error("registering the receive buffers", -code, "needs Linux 5.19 or newer");
  }
  io_uring_buf_ring_init(buffer_ring_.get());
  for (std::uint32_t id = 0; id < options_.receive_buffers; ++id)
    return_buffer(static_cast<std::uint16_t>(id));
  return success();
}

void Uring::return_buffer(std::uint16_t buffer) {
  io_uring_buf_ring_add(buffer_ring_.get(),
                        buffers_.get() + std::size_t{buffer} * options_.receive_buffer_bytes,
                        options_.receive_buffer_bytes, buffer,
                        io_uring_buf_ring_mask(options_.receive_buffers), returned_buffers_);
  ++returned_buffers_;
}

// A free submission entry; hands the full queue to the kernel first when there is none.
io_uring_sqe* Uring::entry() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  if (sqe == nullptr) {
    enter(0, Wait{}, Duration{0});
    sqe = io_uring_get_sqe(&ring_);
    RS_CHECK(sqe != nullptr);
  }
  return sqe;
}

io_uring_sqe* Uring::socket_command(Slot slot, unsigned command) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_nop(sqe);
  sqe->opcode = IORING_OP_URING_CMD;
  sqe->fd = static_cast<int>(slot);
  sqe->off = command;
  sqe->flags |= IOSQE_FIXED_FILE;
  return sqe;
}

const std::vector<SocketOption>& Uring::options_of(int family) const {
  if (family == AF_UNIX) return options_unix_;
  return family == AF_INET6 ? options_v6_ : options_v4_;
}

// `value` stays where it is: the kernel reads it when it runs the request.
io_uring_sqe* Uring::set_option(Slot slot, int level, int option, const void* value, socklen_t length) {
  io_uring_sqe* sqe = socket_command(slot, kernel::kSocketCommandSetOption);
  sqe->addr = std::uint64_t{static_cast<unsigned>(option)} << 32 | static_cast<unsigned>(level);
  sqe->file_index = length;  // optlen shares its place
  sqe->addr3 = reinterpret_cast<std::uint64_t>(value);
  return sqe;
}

// A chain's step, like those that set options. What is bound to may still be in TIME-WAIT towards another
// target, and may be bound to again for one.
void Uring::bind(Slot slot, const SocketAddress& source, Ticket ticket) {
  static constexpr int kOn = 1;
  io_uring_sqe* sqe = set_option(slot, SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn);
  sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = ticket.pack();

  sqe = entry();
  sockaddr_in6& kept = sources_[static_cast<std::size_t>(sqe - ring_.sq.sqes)];  // an IPv4 one is shorter
  std::memcpy(&kept, source.get(), source.length);
  io_uring_prep_nop(sqe);
  sqe->opcode = kernel::kOpBind;
  sqe->fd = static_cast<int>(slot);
  sqe->addr = reinterpret_cast<std::uint64_t>(&kept);
  sqe->off = source.length;  // the length shares its place
  sqe->flags |= IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = ticket.pack();
}

bool Uring::connect_through_ring(Slot slot, const SocketAddress& address, const SocketAddress* source,
                                 Ticket ticket, Stamping stamping) {
  // They are one chain, and a chain must be submitted in one piece. When a step that skips its success
  // completion fails, the kernel posts that failure and skips the completions of the steps after it: exactly
  // one comes either way.
  const std::vector<SocketOption>& options = options_of(address.family());
  const auto steps = static_cast<unsigned>(options.size()) + (stamping == Stamping::on ? 3U : 2U) +
                     (source != nullptr ? 2U : 0U);
  if (io_uring_sq_space_left(&ring_) < steps) enter(0, Wait{}, Duration{0});
  if (io_uring_sq_space_left(&ring_) < steps) return false;
  Ticket open = ticket;
  open.operation = Ticket::Operation::open;

  io_uring_sqe* sqe = entry();
  io_uring_prep_socket_direct(sqe, address.family(), SOCK_STREAM, 0, slot, 0);
  sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = open.pack();

  for (const SocketOption& option : options) {
    sqe = set_option(slot, option.level, option.name, option.value.data(), option.length);
    sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = open.pack();
  }

  if (source != nullptr) bind(slot, *source, open);

  sqe = entry();
  io_uring_prep_connect(sqe, static_cast<int>(slot), address.get(), address.length);
  sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = ticket.pack();
  if (stamping == Stamping::off) return true;

  // Not before the connect: the key counts from the first byte of a connection. Its failure leaves a socket
  // that is connected all the same, so it has a name of its own.
  sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  ticket.operation = Ticket::Operation::stamp;
  set_option(slot, SOL_SOCKET, SO_TIMESTAMPING, &kStampingFlags, sizeof kStampingFlags)->user_data =
      ticket.pack();
  return true;
}

// Before Linux 6.7 a socket in the ring's table cannot be given options: make it outside, put it into the
// table, and let go of the process's descriptor, so that the number of sockets is still not bound by it.
void Uring::connect_by_system_calls(Slot slot, const SocketAddress& address, const SocketAddress* source,
                                    Ticket ticket) {
  Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  int code = socket ? 0 : errno;
  if (code == 0) {
    const int fd = socket.get();
    code = set_options(fd, options_of(address.family()));
    if (code == 0 && source != nullptr) code = bind_to_source(fd, *source);
    const int updated = code == 0 ? io_uring_register_files_update(&ring_, slot, &fd, 1) : 0;
    if (updated < 0) code = -updated;
  }
  if (code != 0) {
    pending_.push_back(Completion{.ticket = ticket, .result = -code});
    return;
  }
  io_uring_sqe* sqe = entry();
  io_uring_prep_connect(sqe, static_cast<int>(slot), address.get(), address.length);
  sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = ticket.pack();
}

void Uring::connect(Slot slot, const SocketAddress& address, const SocketAddress* source, Ticket ticket,
                    Stamping stamping) {
  const bool can = capabilities_.socket_options && (source == nullptr || capabilities_.bind);
  if (can && connect_through_ring(slot, address, source, ticket, stamping)) return;
  connect_by_system_calls(slot, address, source, ticket);
}

// The kernel reads no options of TCP through a ring, so the descriptor has to be an ordinary one for a
// moment.
void Uring::inspect(Slot slot) {
  if (io_uring_sq_space_left(&ring_) == 0) return;  // then another; nothing may be submitted while taking
  to_inspect_ = false;
  io_uring_sqe* sqe = entry();
  io_uring_prep_nop(sqe);
  sqe->opcode = kernel::kOpInstallDescriptor;
  sqe->fd = static_cast<int>(slot);
  sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = kInspection;
}

// A socket that was gone by then leaves it to the next.
void Uring::inspected(int result) {
  const Descriptor descriptor(result);
  if (descriptor)
    socket_values_ = read_socket_values(descriptor.get());
  else
    to_inspect_ = true;
}

void Uring::accept(int listener, Ticket ticket) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_multishot_accept_direct(sqe, listener, nullptr, nullptr, 0);
  sqe->user_data = ticket.pack();
}

void Uring::receive(Slot slot, Ticket ticket) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_recv(sqe, static_cast<int>(slot), nullptr, 0, 0);
  receive_multishot(sqe, ticket);
}

void Uring::receive_stamped(Slot slot, Ticket ticket) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_recvmsg(sqe, static_cast<int>(slot), &stamped_message_.header, 0);
  receive_multishot(sqe, ticket);
}

void Uring::receive_multishot(io_uring_sqe* sqe, Ticket ticket) {
  sqe->ioprio |= kernel::kReceiveMultishot;
  sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  sqe->buf_group = kBufferGroup;
  sqe->user_data = ticket.pack();
}

void Uring::transmit_stamps(Slot slot, Ticket ticket) {
  socket_command(slot, kernel::kSocketCommandTransmitStamps)->user_data = ticket.pack();
}

void Uring::send_aloud(Slot slot, std::span<const std::byte> bytes, Ticket ticket) {
  io_uring_sqe* sqe = entry();
  // WAITALL: the kernel finishes a short send by itself where it can.
  io_uring_prep_send(sqe, static_cast<int>(slot), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_WAITALL);
  sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = ticket.pack();
}

// Nearly every send is done while it is submitted, and its completion would end the wait for a reply before
// there is one: half of the turns of a closed loop would find nothing else. So a lazy send may not wait
// (DONTWAIT) and completes only if it was not done (SKIP_SUCCESS; WAITALL makes a short one count as such):
// what has not spoken once its submission is over, is done.
void Uring::send(Slot slot, std::span<const std::byte> bytes, Ticket ticket, Notice notice) {
  const bool full = quiet_next_ - quiet_first_ == quiet_.size();
  if (notice == Notice::prompt || full) return send_aloud(slot, bytes, ticket);
  io_uring_sqe* sqe = entry();
  io_uring_prep_send(sqe, static_cast<int>(slot), bytes.data(), bytes.size(),
                     MSG_NOSIGNAL | MSG_WAITALL | MSG_DONTWAIT);
  sqe->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = kQuiet | quiet_next_;
  quiet(quiet_next_++) = {.ticket = ticket.pack(), .bytes = static_cast<std::uint32_t>(bytes.size())};
}

void Uring::cancel(Ticket victim, Ticket ticket) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_cancel64(sqe, victim.pack(), 0);
  sqe->user_data = ticket.pack();
}

void Uring::cancel_all(Slot slot, Ticket ticket) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_cancel_fd(sqe, static_cast<int>(slot),
                          IORING_ASYNC_CANCEL_FD_FIXED | IORING_ASYNC_CANCEL_ALL);
  sqe->user_data = ticket.pack();
}

void Uring::close(Slot slot, Ticket ticket) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_close_direct(sqe, slot);
  sqe->user_data = ticket.pack();
}

// Connecting to no address is how TCP is told to disconnect, which it does with a reset (Linux
// net/ipv4/tcp.c, tcp_disconnect). It needs no socket option, so that it works on every kernel this runs on.
void Uring::reset(Slot slot, Ticket ticket) {
  static constexpr sockaddr kNobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  io_uring_sqe* sqe = entry();
  io_uring_prep_connect(sqe, static_cast<int>(slot), &kNobody, sizeof kNobody);
  sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = ticket.pack();
}

// Shows the kernel everything written to the submission queue and the buffer ring; returns how many entries
// it has not taken yet.
unsigned Uring::publish_submissions() {
  if (returned_buffers_ > 0) {
    io_uring_buf_ring_advance(buffer_ring_.get(), returned_buffers_);
    returned_buffers_ = 0;
  }
  io_uring_sq& queue = ring_.sq;
  if (queue.sqe_head != queue.sqe_tail) {
    queue.sqe_head = queue.sqe_tail;
    io_uring_smp_store_release(queue.ktail, queue.sqe_tail);
  }
  return queue.sqe_tail - io_uring_smp_load_acquire(queue.khead);
}

void Uring::enter(unsigned wanted, const Wait& wait, Duration min_wait) {
  const unsigned to_submit = publish_submissions();
  const bool absolute = capabilities_.min_timeout;  // both came with Linux 6.12
  __kernel_timespec deadline{};
  io_uring_getevents_arg argument{};
  argument.sigmask_sz = _NSIG / 8;
  argument.pad = static_cast<std::uint32_t>(min_wait.count() / 1000);  // min_wait_usec from Linux 6.12
  if (wanted > 0 && wait.until != kNever) {
    // Absolute where the kernel takes it: what passes until it starts its timer is not added to the wait.
    const Duration until = absolute ? wait.until.time_since_epoch() : later_of(wait.until, now()) - now();
    deadline.tv_sec = until.count() / 1'000'000'000;
    deadline.tv_nsec = until.count() % 1'000'000'000;
    argument.ts = reinterpret_cast<std::uint64_t>(&deadline);
  }
  unsigned flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
  if (absolute) flags |= kernel::kEnterAbsoluteTimer;
  if (ring_.enter_ring_fd != ring_.ring_fd) flags |= IORING_ENTER_REGISTERED_RING;
  const int code = io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), to_submit, wanted, flags,
                                   reinterpret_cast<sigset_t*>(&argument), sizeof argument);
  // EBUSY and EAGAIN: the kernel wants completions taken first; what was not taken is submitted again next
  // time.
  const bool passing = code >= 0 || code == -ETIME || code == -EINTR || code == -EBUSY || code == -EAGAIN;
  RS_CHECK(passing);
  if (io_uring_smp_load_acquire(ring_.sq.khead) == ring_.sq.sqe_tail) quiet_submitted_ = quiet_next_;
  if (overflowing()) ++overflows_;
}

void Uring::submit_and_wait(const Wait& wait) {
  const bool poll = !pending_.empty() || wait.completions == 0 || wait.until <= Instant{};
  if (poll) return enter(0, wait, Duration{0});
  if (wait.completions == 1 || wait.at_most_after_first == Duration{0}) return enter(1, wait, Duration{0});
  if (capabilities_.min_timeout) return enter(wait.completions, wait, wait.at_most_after_first);
  // Without a minimum time: wait for the first, then for the rest with the bound as an ordinary timeout.
  enter(1, wait, Duration{0});
  if (io_uring_cq_ready(&ring_) < wait.completions) {
    enter(wait.completions, Wait{.until = now() + wait.at_most_after_first}, Duration{0});
  }
}

std::size_t Uring::take(std::span<Completion> completions) {
  std::size_t taken = 0;
  while (!pending_.empty() && taken < completions.size()) {
    completions[taken++] = pending_.back();
    pending_.pop_back();
  }
  taken += take_from_queue(completions.subspan(taken));
  // Only when every exception has been seen does silence mean success; those the kernel holds back have not
  // been.
  if (taken < completions.size() && !overflowing()) taken += take_quiet_sends(completions.subspan(taken));
  return taken;
}

std::size_t Uring::take_from_queue(std::span<Completion> completions) {
  if (stamps_) stamps_->begin_batch();
  if ((ring_.flags & kernel::kSetupMixedCompletions) != 0) return take_mixed(completions);
  std::size_t taken = 0;
  unsigned passed = 0;
  unsigned head = 0;
  io_uring_cqe* cqe = nullptr;
  io_uring_for_each_cqe(&ring_, head, cqe) {
    if (taken == completions.size()) break;
    ++passed;
    if (cqe->user_data == kInspection)
      inspected(cqe->res);
    else
      completions[taken++] = read_completion(*cqe);
  }
  io_uring_cq_advance(&ring_, passed);
  return taken;
}

// Each completion says itself that it takes two places; a last place that is too small for it is filled up.
// Linux 6.18 also moves on by a place it has not written when a large one meets that last place and there is
// no other: what lies there is an old completion, so each is marked when it is taken.
std::size_t Uring::take_mixed(std::span<Completion> completions) {
  const io_uring_cq& queue = ring_.cq;
  const auto place = [&](unsigned number) -> io_uring_cqe& { return queue.cqes[number & queue.ring_mask]; };
  const unsigned tail = io_uring_smp_load_acquire(queue.ktail);
  unsigned head = *queue.khead;
  std::size_t taken = 0;
  while (head != tail && taken < completions.size()) {
    io_uring_cqe& cqe = place(head++);
    if (cqe.user_data == kTaken) continue;
    const bool filler = (cqe.flags & kernel::kCompletionFiller) != 0;
    if (cqe.user_data == kInspection)
      inspected(cqe.res);
    else if (!filler)
      completions[taken++] = read_completion(cqe);
    cqe.user_data = kTaken;
    if ((cqe.flags & kernel::kCompletionIsLarge) != 0) place(head++).user_data = kTaken;
  }
  io_uring_smp_store_release(queue.khead, head);
  return taken;
}

Completion Uring::read_completion(const io_uring_cqe& cqe) {
  if ((cqe.user_data & kQuiet) != 0)
    return take_exception(static_cast<std::uint32_t>(cqe.user_data), cqe.res);
  Completion completion{
      .ticket = Ticket::unpack(cqe.user_data),
      .result = cqe.res,
      .more = (cqe.flags & IORING_CQE_F_MORE) != 0,
      .has_buffer = (cqe.flags & IORING_CQE_F_BUFFER) != 0,
      .buffer = static_cast<std::uint16_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT),
  };
  if (completion.ticket.operation == Ticket::Operation::receive_stamped) add_receive_stamp(cqe, completion);
  if (completion.ticket.operation == Ticket::Operation::transmit_stamps) add_transmit_stamp(cqe, completion);
  if (to_inspect_ && completion.result == 0 && is_connected(completion.ticket))
    inspect(completion.ticket.slot);
  return completion;
}

void Uring::add_receive_stamp(const io_uring_cqe& cqe, Completion& completion) {
  if (!completion.has_buffer || cqe.res < 0) return;
  const std::span<const std::byte> contents = buffer(completion.buffer);
  completion.result = payload_bytes_in(contents);
  const Duration time_of_day = stamp_in(contents);
  if (time_of_day == Duration{0}) return;
  KernelStamp stamp = stamps_->convert(time_of_day);
  if (stamp.exact() && (cqe.flags & IORING_CQE_F_SOCK_NONEMPTY) != 0)
    stamp.quality = KernelStamp::Quality::crowded;
  completion.stamped = stamp.at;
  completion.stamp_quality = stamp.quality;
}

// The second half of the completion is a struct io_timespec: seconds, nanoseconds.
void Uring::add_transmit_stamp(const io_uring_cqe& cqe, Completion& completion) {
  if (!completion.more) return;
  const auto whole = static_cast<std::int64_t>(cqe.big_cqe[0]);
  const auto rest = static_cast<std::int64_t>(cqe.big_cqe[1]);
  const KernelStamp stamp = stamps_->convert(seconds(whole) + nanoseconds(rest));
  completion.stamped = stamp.at;
  completion.stamp_quality = stamp.quality;
}

Completion Uring::take_exception(std::uint32_t number, std::int32_t result) {
  QuietSend& send = quiet(number);
  send.spoke = true;
  return {.ticket = Ticket::unpack(send.ticket), .result = result};
}

std::size_t Uring::take_quiet_sends(std::span<Completion> completions) {
  std::size_t taken = 0;
  for (; quiet_first_ != quiet_submitted_ && taken < completions.size(); ++quiet_first_) {
    const QuietSend& send = quiet(quiet_first_);
    if (!send.spoke)
      completions[taken++] = {.ticket = Ticket::unpack(send.ticket),
                              .result = static_cast<std::int32_t>(send.bytes)};
  }
  return taken;
}

}  // namespace ringstorm
