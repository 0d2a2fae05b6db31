#include "runner/runner.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <thread>

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/uring.h"
#include "plan/socket_fields.h"
#include "runner/cores.h"
#include "runner/pressure.h"
#include "runner/stall_hook.h"
#include "runner/time_series.h"
#include "shard/script_traffic.h"
#include "shard/shard.h"
#include "shard/traced_traffic.h"

namespace ringstorm {
namespace {

// How often the control thread looks when nothing is due.
constexpr Duration kLook = milliseconds(10);
// A run that was over at once says nothing of its loop.
constexpr Duration kLeastJudged = milliseconds(100);
// Time for every shard to learn of the common start before it comes.
constexpr Duration kStartNotice = milliseconds(10);

struct CpuTime {
  Duration user{0};
  Duration system{0};
};

CpuTime process_cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto duration = [](const timeval& t) { return seconds(t.tv_sec) + microseconds(t.tv_usec); };
  return {duration(usage.ru_utime), duration(usage.ru_stime)};
}

struct Sample {
  CpuTime cpu;
  PressureReading pressure;
};

sigset_t stop_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  return signals;
}

// The kernel may be this much late with a timer to save wake-ups: 50 us by default, more than a bounded wait
// of 20.
void ask_for_precise_timers() {
  (void)::prctl(PR_SET_TIMERSLACK, 1UL);
}

UringOptions uring_options(const Plan& plan, const Segment& segment, const Capabilities& capabilities) {
  return {.entries = plan.budget.ring_entries,
          .completion_entries = plan.budget.completion_entries,
          .slots = static_cast<std::uint32_t>(segment.connections),
          .receive_buffers = plan.budget.receive_buffers,
          .receive_buffer_bytes = plan.budget.receive_buffer_bytes,
          .tuning = socket_tuning(plan.scenario),
          .stamps = plan.scenario.probes > 0 && capabilities.kernel_stamps()};
}

class Run {
 public:
  Run(const Plan& plan, const TargetAddresses& targets, const Capabilities& capabilities,
      const TraceSink& trace, RunGroup& group)
      : plan_(plan),
        targets_(targets),
        capabilities_(capabilities),
        trace_(trace),
        group_(group),
        rings_open_(static_cast<std::ptrdiff_t>(plan.segments.size())) {
    for (std::size_t i = 0; i < plan.segments.size(); ++i)
      members_.push_back(std::make_unique<Member>(parts_of(plan)));
  }

  Result<RunResult> execute(const RunWatch& watch) {
    for (std::uint32_t i = 0; i < members_.size(); ++i) {
      members_[i]->thread = std::thread([this, i] { shard_thread(i); });
    }
    rings_open_.wait();
    origin_ = MonotonicClock::now();
    series_.emplace(origin_, members_.size(), parts_of(plan_));
    const bool all_open = std::all_of(members_.begin(), members_.end(),
                                      [](const auto& member) { return member->failures.empty(); });
    if (!all_open) control_.stop = StopRequest::at_once;
    begin_.count_down();
    if (all_open) steer(watch);
    for (const auto& member : members_) member->thread.join();
    if (!all_open) return first_failure();
    return gather();
  }

 private:
  struct Member {
    explicit Member(MeasuredParts parts) : mailbox(parts) {}

    Mailbox mailbox;
    ShardStatus status;
    ShardOutcome outcome;
    FanOutTally fan_out;
    std::optional<SocketValues> socket_values;
    std::vector<Error> failures;  ///< why its ring could not be opened
    pid_t thread_id = 0;
    std::thread thread;
  };

  void shard_thread(std::uint32_t index) {
    Member& member = *members_[index];
    member.thread_id = ::gettid();
    const Segment& segment = plan_.segments[index];
    if (segment.core >= 0) pin_this_thread(cores_.at(static_cast<std::size_t>(segment.core) % cores_.size()));
    ask_for_precise_timers();
    auto ring = Uring::open(uring_options(plan_, segment, capabilities_), capabilities_);
    if (!ring) member.failures = ring.errors();
    rings_open_.count_down();
    begin_.wait();
    if (!ring || control_.stop == StopRequest::at_once) return;
    if (trace_)
      play<TracedTraffic>(**ring, index);
    else if (plan_.plays_sessions())
      play<ScriptTraffic>(**ring, index);
    else
      play<Traffic>(**ring, index);
  }

  template <class Talk>
  void play(Uring& ring, std::uint32_t index) {
    Member& member = *members_[index];
    Shard<Uring, Talk> shard(ring, {.plan = plan_,
                                    .index = index,
                                    .targets = targets_,
                                    .origin = origin_,
                                    .control = control_,
                                    .status = member.status,
                                    .mailbox = member.mailbox,
                                    .trace = trace_ ? &trace_ : nullptr});
    for (StallHook hook; shard.turn();) hook.turn();
    shard.close_slice();
    member.outcome = shard.outcome();
    member.fan_out = shard.take_tally();
    member.socket_values = ring.socket_values();
  }

  // The earliest phase that any shard is still in.
  ShardPhase slowest_phase() const {
    ShardPhase slowest = ShardPhase::done;
    for (const auto& member : members_)
      slowest = std::min(slowest, member->status.phase.load(std::memory_order_acquire));
    return slowest;
  }

  // Until every shard is done: gives the start, reads the CPU clock at both ends of the window, collects
  // slices, obeys signals.
  void steer(const RunWatch& watch) {
    for (ShardPhase phase = slowest_phase(); phase != ShardPhase::done; phase = slowest_phase()) {
      const Instant now = MonotonicClock::now();
      if (start_ == kNever) find_start(now, phase);
      sample_generator(now, phase);
      stop_when_lagging();
      if (collect()) look(now, phase, watch);
      if (sleep_or_signal(next_look(now))) on_signal();
      if (control_.stop == StopRequest::at_once) return;
    }
    sample_generator(MonotonicClock::now(), ShardPhase::done);
  }

  // The last of the group to be ready gives all of them their start.
  void find_start(Instant now, ShardPhase phase) {
    if (phase == ShardPhase::ready && !is_ready_) {
      is_ready_ = true;
      if (group_.opening.fetch_sub(1) == 1) control_.start_at(now + kStartNotice);
    }
    const std::int64_t start_ns = control_.start_ns.load(std::memory_order_acquire);
    if (start_ns == 0) return;
    start_ = Instant{Duration{start_ns}};
    window_begin_ = start_ + plan_.scenario.warmup;
    if (plan_.scenario.duration) window_end_ = window_begin_ + *plan_.scenario.duration;
  }

  // At both ends of the window. The threads are still there at its end: they wait for the common start of
  // what follows, or drain and close.
  void sample_generator(Instant now, ShardPhase phase) {
    if (!begin_sample_ && now >= window_begin_) begin_sample_ = sample(now);
    const bool over = now >= window_end_ || phase >= ShardPhase::draining;
    if (begin_sample_ && !end_sample_ && over) end_sample_ = sample(now);
  }

  Sample sample(Instant now) const {
    std::vector<pid_t> threads;
    for (const auto& member : members_) threads.push_back(member->thread_id);
    return {process_cpu_time(), read_pressure(now, threads)};
  }

  // At each new row of the time series.
  void look(Instant now, ShardPhase phase, const RunWatch& watch) {
    if (watch.tell) watch.tell(progress(now, phase));
    const bool measuring = now >= window_begin_ && phase <= ShardPhase::running;
    if (!measuring || !watch.should_end || control_.stop != StopRequest::none) return;
    if (!watch.should_end(series_->total(), series_->rows(), now - window_begin_)) return;
    ended_early_ = true;
    control_.stop = StopRequest::gracefully;
  }

  bool lags_too_much() const {
    return std::ranges::any_of(members_, [](const auto& member) {
      return member->status.lags_too_much.load(std::memory_order_acquire);
    });
  }

  // One shard that lags beyond the cap ends the run for all.
  void stop_when_lagging() {
    if (control_.stop == StopRequest::none && lags_too_much()) control_.stop = StopRequest::gracefully;
  }

  Instant next_look(Instant now) const {
    Instant next = now + kLook;
    if (!begin_sample_) next = std::min(next, window_begin_);
    if (!end_sample_) next = std::min(next, window_end_);
    return next;
  }

  void on_signal() {
    control_.stop = group_.interrupted.exchange(true) ? StopRequest::at_once : StopRequest::gracefully;
  }

  // True when a row of the time series was completed.
  bool collect() {
    const std::size_t rows = series_->rows().size();
    for (const auto& member : members_) {
      if (Slice* slice = member->mailbox.take(); slice != nullptr) {
        series_->add(*slice);
        member->mailbox.recycle(slice);
      }
    }
    return series_->rows().size() > rows;
  }

  Progress::Stage stage(Instant now, ShardPhase phase) const {
    switch (phase) {
      case ShardPhase::opening:
      case ShardPhase::ready: return Progress::Stage::opening;
      case ShardPhase::running:
        return now < window_begin_ ? Progress::Stage::warming_up : Progress::Stage::measuring;
      case ShardPhase::draining: return Progress::Stage::draining;
      default: return Progress::Stage::closing;
    }
  }

  Progress progress(Instant now, ShardPhase phase) const {
    const IntervalRow& row = series_->rows().back();
    const std::uint64_t messages = plan_.expects_replies ? row.messages_answered : row.messages_sent;
    Progress told{.stage = stage(now, phase),
                  .elapsed = now - origin_,
                  .connections_up = row.connections_up,
                  .errors = series_->total().failures.total(),
                  .messages_per_second =
                      row.length > Duration{0} ? static_cast<double>(messages) / to_seconds(row.length) : 0.0,
                  .latency_p99 = row.latency_p99,
                  .left = std::nullopt};
    if (window_end_ != kNever) told.left = std::max(window_end_ - now, Duration{0});
    return told;
  }

  std::vector<Error> first_failure() const {
    for (const auto& member : members_) {
      if (!member->failures.empty()) return member->failures;
    }
    return {Error{"run", "no ring could be opened", ""}};
  }

  RunResult gather() {
    RunResult result(parts_of(plan_));
    Instant opened = origin_;
    Instant begin = kNever;
    Instant end{};
    std::optional<double> busy;
    FanOutTally fan_out;
    collect();
    for (const auto& member : members_) {
      series_->add(member->mailbox.last());
      fan_out.merge(member->fan_out);
      result.outstanding += member->outcome.outstanding;
      result.sockets.push_back(member->socket_values);
      opened = std::max(opened, member->outcome.opened_at);
      begin = std::min(begin, member->outcome.window_begin);
      if (member->outcome.window_begin != kNever) end = std::max(end, member->outcome.window_end);
      if (const auto share = busy_share(member->outcome)) busy = std::max(busy.value_or(0), *share);
    }
    series_->finish();
    result.measurements.merge(series_->total());
    fan_out.settle(result.measurements.deliveries, result.measurements.last_receiver);
    result.intervals = series_->rows();
    result.opening = opened - origin_;
    if (begin != kNever) {
      result.window_start = begin - origin_;
      result.window = std::max(end - begin, Duration{0});
    }
    result.total = MonotonicClock::now() - origin_;
    if (begin_sample_ && end_sample_) {
      result.cpu_user = end_sample_->cpu.user - begin_sample_->cpu.user;
      result.cpu_system = end_sample_->cpu.system - begin_sample_->cpu.system;
      result.load = pressure_between(begin_sample_->pressure, end_sample_->pressure);
    }
    result.load.loop_busy = busy;
    result.lagged = lags_too_much();
    result.ended_early = ended_early_;
    result.interrupted = group_.interrupted;
    result.abandoned = control_.stop == StopRequest::at_once;
    return result;
  }

  static std::optional<double> busy_share(const ShardOutcome& outcome) {
    if (outcome.window_begin == kNever || outcome.window_end < outcome.window_begin + kLeastJudged)
      return std::nullopt;
    return std::clamp(1 - to_seconds(outcome.waited) / to_seconds(outcome.window_end - outcome.window_begin),
                      0.0, 1.0);
  }

  const Plan& plan_;
  const TargetAddresses& targets_;
  const Capabilities& capabilities_;
  const TraceSink& trace_;
  std::vector<std::unique_ptr<Member>> members_;
  const std::vector<int> cores_ = usable_cores();
  RunGroup& group_;
  RunControl& control_ = group_.control;
  std::latch rings_open_;
  std::latch begin_{1};
  Instant origin_{};
  Instant start_ = kNever;
  Instant window_begin_ = kNever;
  Instant window_end_ = kNever;
  bool is_ready_ = false;
  bool ended_early_ = false;
  std::optional<Sample> begin_sample_;
  std::optional<Sample> end_sample_;
  std::optional<TimeSeries> series_;
};

}  // namespace

bool sleep_or_signal(Instant until) {
  const Duration left = std::max(until - MonotonicClock::now(), Duration{0});
  const timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
  const sigset_t signals = stop_signals();
  return ::sigtimedwait(&signals, nullptr, &timeout) > 0;
}

void hold_back_signals() {
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Result<RunResult> run_plan(const Plan& plan, const TargetAddresses& targets, const Capabilities& capabilities,
                           const RunWatch& watch) {
  RunGroup alone(1);
  return run_plan(plan, targets, capabilities, watch, alone);
}

Result<RunResult> run_plan(const Plan& plan, const TargetAddresses& targets, const Capabilities& capabilities,
                           const RunWatch& watch, RunGroup& group) {
  hold_back_signals();
  return Run(plan, targets, capabilities, watch.trace, group).execute(watch);
}

}  // namespace ringstorm
