// The floor: what it costs at the least to move a load's bytes over a load's sockets through io_uring.
//
// It opens the connections and upgrades them one after another, which is not timed, and then runs a closed
// loop of frames that were built and masked beforehand, telling replies by nothing but their number of bytes.
// There is no codec, no matching, no recording and no clock read in the loop; the ring is used the way
// ringstorm uses it. What ringstorm costs beyond this is what its protocol and its measurements cost.
#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <liburing.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "macro/opening.h"

namespace {

// Newer than liburing 2.3's header: Linux 6.12.
constexpr unsigned kFeatMinTimeout = 1U << 15;

// The same layout as io_uring_getevents_arg, whose `pad` became `min_wait_usec` in Linux 6.12.
struct GetEventsArgument {
  std::uint64_t sigmask = 0;
  std::uint32_t sigmask_bytes = 0;
  std::uint32_t min_wait_us = 0;
  std::uint64_t timeout = 0;
};
static_assert(sizeof(GetEventsArgument) == sizeof(io_uring_getevents_arg));

enum class Waiting { first, batch, spin };

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  unsigned connections = 100;
  unsigned in_flight = 1;
  unsigned payload_bytes = 20;
  Waiting waiting = Waiting::first;
  unsigned batch = 16;
  unsigned batch_delay_us = 20;
  unsigned receive_buffers = 0;
  double warmup_s = 0.5;
  double duration_s = 2.0;
  int core = -1;
};

// liburing returns a negated errno and leaves errno alone.
void ring_checked(int result, std::string_view what) {
  if (result < 0) fail(what, -result);
}

// Two sends of one connection must never be under way at once, or their bytes could interleave. With one in
// flight they cannot be; with more it is enough that all of them together fit into the socket's buffer, where
// a send is complete when it was submitted. Half of the buffer is the kernel's own bookkeeping.
void check_send_fits(int fd, std::size_t bytes_in_flight, const Options& options) {
  int buffer_bytes = 0;
  socklen_t size = sizeof buffer_bytes;
  checked(::getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, &size), "SO_SNDBUF");
  if (options.in_flight > 1 && bytes_in_flight > static_cast<std::size_t>(buffer_bytes) / 2)
    fail("the messages in flight do not fit into a socket's send buffer");
}

void pin_to(int core) {
  if (core < 0) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<unsigned>(core), &cores);
  checked(::sched_setaffinity(0, sizeof cores, &cores), "sched_setaffinity");
}

void allow_all_files() {
  rlimit limit{};
  checked(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  checked(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

struct Usage {
  std::chrono::steady_clock::time_point at;
  double user_s = 0;
  double system_s = 0;

  static Usage now() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);  // of all threads: io_uring may have workers
    const auto in_seconds = [](timeval t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return {std::chrono::steady_clock::now(), in_seconds(usage.ru_utime), in_seconds(usage.ru_stime)};
  }
};

struct Counts {
  std::uint64_t messages = 0;
  std::uint64_t turns = 0;
  std::uint64_t receives = 0;
  std::uint64_t rearms = 0;
};

constexpr std::uint64_t kSend = 1ULL << 32;
constexpr std::uint64_t kWarmupOver = 1ULL << 33;
constexpr std::uint64_t kEnd = 1ULL << 34;
constexpr std::uint16_t kBufferGroup = 0;

class Floor {
 public:
  Floor(const Options& options, const std::vector<int>& fds);
  void run();
  void print() const;

 private:
  void set_up_ring();
  void set_up_buffers();
  io_uring_sqe* next_sqe();
  void enter(unsigned wait_for, unsigned flags, const void* argument, std::size_t argument_bytes);
  void submit_and_wait();
  void reap();
  void received(const io_uring_cqe& cqe);
  void special(const io_uring_cqe& cqe);
  void answer_touched();
  void arm_receive(std::uint32_t connection);
  void send_frames(std::uint32_t connection, std::uint32_t frames);
  void arm_timer(double seconds, std::uint64_t tag);
  void return_buffer(unsigned id);

  const Options options_;
  const std::string block_;  // as many frames as are in flight, in one piece
  const std::uint32_t frame_bytes_;
  const std::uint32_t reply_bytes_;
  const std::uint32_t receive_buffer_bytes_;
  const std::uint32_t receive_buffers_;
  const unsigned wait_for_;
  GetEventsArgument wait_argument_;

  io_uring ring_{};
  io_uring_buf_ring* buffer_ring_ = nullptr;
  std::unique_ptr<std::byte[]> buffer_memory_;
  std::vector<std::uint32_t> pending_bytes_;  // received and not yet worth a whole reply, by connection
  std::vector<std::uint32_t> touched_;        // connections that received something in this turn
  __kernel_timespec timer_{};

  bool done_ = false;
  Counts counts_, counts_at_start_;
  Usage start_, end_;
};

// The rule of ringstorm's plan: one buffer holds what one connection may have to receive at once, within
// bounds.
std::uint32_t receive_buffer_bytes(std::uint64_t bytes_in_flight) {
  return static_cast<std::uint32_t>(std::bit_ceil(std::clamp<std::uint64_t>(bytes_in_flight, 4096, 65536)));
}

// Enough that no receive of a turn goes without; more of the large ones would only leave the processor's
// cache.
std::uint32_t receive_buffer_count(const Options& options, std::uint32_t buffer_bytes) {
  if (options.receive_buffers != 0) return std::bit_ceil(options.receive_buffers);
  constexpr std::uint32_t kMostBytes = 16U << 20;
  return std::min(std::bit_ceil(std::clamp(options.connections, 64U, 1024U)), kMostBytes / buffer_bytes);
}

std::string repeated(const std::string& text, unsigned times) {
  std::string all;
  for (unsigned i = 0; i < times; ++i) all += text;
  return all;
}

Floor::Floor(const Options& options, const std::vector<int>& fds)
    : options_(options),
      block_(repeated(masked_frame(options.payload_bytes), options.in_flight)),
      frame_bytes_(static_cast<std::uint32_t>(block_.size() / options.in_flight)),
      reply_bytes_(static_cast<std::uint32_t>(reply_frame(options.payload_bytes).size())),
      receive_buffer_bytes_(receive_buffer_bytes(std::uint64_t{options.in_flight} * reply_bytes_)),
      receive_buffers_(receive_buffer_count(options, receive_buffer_bytes_)),
      wait_for_(options.waiting == Waiting::spin    ? 0
                : options.waiting == Waiting::batch ? std::min(options.batch, options.connections)
                                                    : 1),
      wait_argument_{.min_wait_us = options.batch_delay_us},
      pending_bytes_(fds.size()) {
  check_send_fits(fds.front(), block_.size(), options_);
  touched_.reserve(fds.size());
  set_up_ring();
  set_up_buffers();
  const auto count = static_cast<unsigned>(fds.size());
  ring_checked(io_uring_register_files(&ring_, fds.data(), count), "register files");
  for (const int fd : fds) ::close(fd);
}

void Floor::set_up_ring() {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  const unsigned entries = std::bit_ceil(std::clamp(options_.connections, 64U, 1024U));
  params.cq_entries = std::max(4 * entries, 2 * std::bit_ceil(options_.connections));
  ring_checked(io_uring_queue_init_params(entries, &ring_, &params), "io_uring_setup");
  if (options_.waiting == Waiting::batch && (params.features & kFeatMinTimeout) == 0)
    fail("--waiting batch needs IORING_FEAT_MIN_TIMEOUT (Linux 6.12)");
  ring_checked(io_uring_register_ring_fd(&ring_), "register ring fd");
  // Entry i of the ring always stands for submission i, so that submitting is one store of the tail.
  for (unsigned i = 0; i < ring_.sq.ring_entries; ++i) ring_.sq.array[i] = i;
}

void Floor::set_up_buffers() {
  const std::size_t ring_bytes = receive_buffers_ * sizeof(io_uring_buf);
  buffer_ring_ =
      static_cast<io_uring_buf_ring*>(std::aligned_alloc(4096, std::max<std::size_t>(ring_bytes, 4096)));
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(buffer_ring_);
  registration.ring_entries = receive_buffers_;
  registration.bgid = kBufferGroup;
  ring_checked(io_uring_register_buf_ring(&ring_, &registration, 0), "register buffer ring");
  io_uring_buf_ring_init(buffer_ring_);
  buffer_memory_ = std::make_unique<std::byte[]>(std::size_t{receive_buffers_} * receive_buffer_bytes_);
  for (unsigned id = 0; id < receive_buffers_; ++id) return_buffer(id);
}

void Floor::return_buffer(unsigned id) {
  std::byte* const buffer = buffer_memory_.get() + std::size_t{id} * receive_buffer_bytes_;
  io_uring_buf_ring_add(buffer_ring_, buffer, receive_buffer_bytes_, static_cast<std::uint16_t>(id),
                        io_uring_buf_ring_mask(receive_buffers_), 0);
  io_uring_buf_ring_advance(buffer_ring_, 1);
}

void Floor::enter(unsigned wait_for, unsigned flags, const void* argument, std::size_t argument_bytes) {
  io_uring_smp_store_release(ring_.sq.ktail, ring_.sq.sqe_tail);
  const unsigned to_submit = ring_.sq.sqe_tail - *ring_.sq.khead;
  flags |= IORING_ENTER_GETEVENTS | IORING_ENTER_REGISTERED_RING;
  const int result = io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), to_submit, wait_for, flags,
                                     static_cast<sigset_t*>(const_cast<void*>(argument)), argument_bytes);
  if (result < 0 && result != -EINTR && result != -ETIME) fail("io_uring_enter", -result);
}

void Floor::submit_and_wait() {
  if (options_.waiting == Waiting::batch)
    enter(wait_for_, IORING_ENTER_EXT_ARG, &wait_argument_, sizeof wait_argument_);
  else
    enter(wait_for_, 0, nullptr, 0);
}

io_uring_sqe* Floor::next_sqe() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    enter(0, 0, nullptr, 0);
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

void Floor::arm_receive(std::uint32_t connection) {
  io_uring_sqe* const sqe = next_sqe();
  io_uring_prep_recv_multishot(sqe, static_cast<int>(connection), nullptr, 0, 0);
  sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  sqe->buf_group = kBufferGroup;
  sqe->user_data = connection;
}

// MSG_WAITALL lets the kernel finish a short send; a send that went well is of no interest to anybody, and
// its completion would end the wait that was meant for a reply.
void Floor::send_frames(std::uint32_t connection, std::uint32_t frames) {
  io_uring_sqe* const sqe = next_sqe();
  io_uring_prep_send(sqe, static_cast<int>(connection), block_.data(), std::size_t{frames} * frame_bytes_,
                     MSG_WAITALL | MSG_NOSIGNAL);
  sqe->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = kSend;
}

void Floor::arm_timer(double seconds, std::uint64_t tag) {
  timer_.tv_sec = static_cast<std::int64_t>(seconds);
  timer_.tv_nsec = static_cast<std::int64_t>((seconds - static_cast<double>(timer_.tv_sec)) * 1e9);
  io_uring_sqe* const sqe = next_sqe();
  io_uring_prep_timeout(sqe, &timer_, 0, 0);
  sqe->user_data = tag;
}

void Floor::received(const io_uring_cqe& cqe) {
  const auto connection = static_cast<std::uint32_t>(cqe.user_data);
  if (cqe.res > 0) [[likely]] {
    if (pending_bytes_[connection] < reply_bytes_) touched_.push_back(connection);
    pending_bytes_[connection] += static_cast<std::uint32_t>(cqe.res);
    return_buffer(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
    ++counts_.receives;
  } else if (cqe.res == 0) {
    fail("the server closed a connection");
  } else if (cqe.res != -ENOBUFS) {
    fail("receive", -cqe.res);
  }
  if ((cqe.flags & IORING_CQE_F_MORE) == 0) {
    ++counts_.rearms;
    arm_receive(connection);
  }
}

void Floor::special(const io_uring_cqe& cqe) {
  if (cqe.user_data == kSend) fail("send", cqe.res < 0 ? -cqe.res : EIO);
  if (cqe.user_data == kWarmupOver) {
    start_ = Usage::now();
    counts_at_start_ = counts_;
    arm_timer(options_.duration_s, kEnd);
  } else {
    end_ = Usage::now();
    done_ = true;
  }
}

void Floor::reap() {
  const unsigned mask = ring_.cq.ring_mask;
  const unsigned tail = io_uring_smp_load_acquire(ring_.cq.ktail);
  unsigned head = *ring_.cq.khead;
  for (; head != tail && !done_; ++head) {
    const io_uring_cqe& cqe = ring_.cq.cqes[head & mask];
    if (cqe.user_data < kSend) [[likely]]
      received(cqe);
    else
      special(cqe);
  }
  io_uring_smp_store_release(ring_.cq.khead, head);
}

void Floor::answer_touched() {
  for (const std::uint32_t connection : touched_) {
    const std::uint32_t replies = pending_bytes_[connection] / reply_bytes_;
    if (replies == 0) continue;
    pending_bytes_[connection] -= replies * reply_bytes_;
    counts_.messages += replies;
    send_frames(connection, replies);
  }
  touched_.clear();
}

void Floor::run() {
  for (std::uint32_t connection = 0; connection < options_.connections; ++connection) {
    arm_receive(connection);
    send_frames(connection, options_.in_flight);
  }
  arm_timer(options_.warmup_s, kWarmupOver);
  while (!done_) {
    submit_and_wait();
    reap();
    answer_touched();
    ++counts_.turns;
  }
}

void Floor::print() const {
  const double seconds = std::chrono::duration<double>(end_.at - start_.at).count();
  const double user_s = end_.user_s - start_.user_s;
  const double system_s = end_.system_s - start_.system_s;
  const auto messages = counts_.messages - counts_at_start_.messages;
  const auto turns = counts_.turns - counts_at_start_.turns;
  const auto receives = counts_.receives - counts_at_start_.receives;
  fmt::print(
      "{{\"messages\": {}, \"seconds\": {:.6f}, \"cpu_user_s\": {:.6f}, \"cpu_system_s\": {:.6f}, "
      "\"messages_per_cpu_second\": {:.1f}, \"messages_per_second\": {:.1f}, \"turns\": {}, "
      "\"receives\": {}, \"rearms\": {}, \"receive_buffers\": {}, \"receive_buffer_bytes\": {}}}\n",
      messages, seconds, user_s, system_s, static_cast<double>(messages) / (user_s + system_s),
      static_cast<double>(messages) / seconds, turns, receives, counts_.rearms - counts_at_start_.rearms,
      receive_buffers_, receive_buffer_bytes_);
}

void define_options(CLI::App& app, Options& options) {
  const std::map<std::string, Waiting> waitings{
      {"first", Waiting::first}, {"batch", Waiting::batch}, {"spin", Waiting::spin}};
  app.add_option("--host", options.host, "IPv4 address of the echo server");
  app.add_option("--port", options.port, "port of the echo server")->required();
  app.add_option("-c,--connections", options.connections)->check(CLI::Range(1U, 1'000'000U));
  app.add_option("--in-flight", options.in_flight, "unanswered messages per connection")
      ->check(CLI::Range(1U, 65536U));
  app.add_option("--size", options.payload_bytes, "payload bytes per message")
      ->check(CLI::Range(0U, 16U << 20));
  app.add_option("--waiting", options.waiting, "first, batch or spin")
      ->transform(CLI::CheckedTransformer(waitings));
  app.add_option("--batch", options.batch, "completions that `batch` waits for");
  app.add_option("--batch-delay", options.batch_delay_us, "the longest `batch` holds a completion back")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, unsigned>{{"us", 1}, {"ms", 1000}}));
  app.add_option("--receive-buffers", options.receive_buffers,
                 "0: one per connection, 64 to 1024, and at most 16 MiB of them");
  app.add_option("--core", options.core, "pin to this core");
  app.add_option("--warmup", options.warmup_s, "seconds");
  app.add_option("-d,--duration", options.duration_s, "seconds");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"The least that a load costs on io_uring: no codec, no recording. Prints one line of JSON."};
  define_options(app, options);
  CLI11_PARSE(app, argc, argv);

  pin_to(options.core);
  allow_all_files();
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // the default of 50 us would more than double a batch delay of 20 us
  std::vector<int> fds(options.connections);
  std::generate(fds.begin(), fds.end(), [&] { return open_connection(options.host, options.port); });
  check_echo(fds.front(), options.payload_bytes);

  Floor floor(options, fds);
  floor.run();
  floor.print();
}
