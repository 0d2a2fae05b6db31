// Whole shards whose connections speak TLS, against echo servers behind the same stage's other side: whatever
// fails, the sums close and the run ends; with nothing wrong, every message is answered, every end is a clean
// one, and the running load allocates nothing.
#include <gtest/gtest.h>

#include "sim/shard_world.h"
#include "sim/sim_seeds.h"
#include "transport/tls.h"
#include "unit/transport/certificates.h"

namespace ringstorm {
namespace {

/// Both sides of TLS, the certificate made once.
class Tls {
 public:
  static Tls& get() {
    static Tls tls;
    return tls;
  }
  /// Puts TLS under the connections of a world; sessions are resumed within it.
  void secure(World& world) {
    server_ = (*tls_server({.certificate = identity_.certificate, .private_key = identity_.private_key}))
                  ->for_shard();
    world.plan.route = {*tls_client({.host = "localhost", .ca_file = ca_file_.path()})};
    world.plan.budget.send_buffer_bytes +=
        static_cast<std::uint32_t>(world.plan.route[0]->overhead(world.plan.budget.send_buffer_bytes));
    world.plan.scenario.tls_timeout = milliseconds(50);
    world.peer.transport = server_.get();
  }

 private:
  test::TestAuthority authority_;
  test::TestIdentity identity_ = authority_.issue();
  test::TestFile ca_file_{authority_.certificate()};
  std::unique_ptr<TransportFactory> server_;
};

TEST(TlsSim, SumsCloseWhateverFails) {
  std::uint64_t opened = 0, answered = 0;
  for_each_seed(150, [&](std::uint64_t seed) {
    World world(seed);
    Tls::get().secure(world);
    ShardRun run(world);
    run.run();
    if (run.asked_to_stop() && world.stop == StopRequest::at_once) return;
    sums_close(run, world);
    const Counters& counts = run.counters();
    EXPECT_EQ(counts.tls_full + counts.tls_resumed, run.total().tls.count());
    EXPECT_LE(counts.connections_opened, run.total().tls.count());
    opened += counts.connections_opened;
    answered += counts.messages_answered;
  });
  EXPECT_GT(opened, 20u);
  EXPECT_GT(answered, 20u);
}

TEST(TlsSim, NothingFailsWhenNothingIsWrong) {
  std::uint64_t resumed = 0;
  for_each_seed(40, [&](std::uint64_t seed) {
    World world(seed);
    world.faults = {};
    world.with_faults = false;
    world.stop = StopRequest::none;
    Scenario& scenario = world.plan.scenario;
    scenario.upgrade_timeout = scenario.close_timeout = scenario.drain = seconds(10);
    scenario.stages.clear();
    if (!scenario.duration && !scenario.messages) scenario.duration = milliseconds(5);
    world.replan();
    Tls::get().secure(world);
    ShardRun run(world);
    run.run();
    sums_close(run, world);
    servers_agree(run);
    const Counters& counts = run.counters();
    EXPECT_EQ(run.total().failures.total(), 0u);
    EXPECT_EQ(counts.connections_closed, world.plan.load.planned_connections);
    EXPECT_EQ(counts.tls_unclosed_ends, 0u);
    EXPECT_EQ(counts.tls_full + counts.tls_resumed, counts.connections_opened);
    resumed += counts.tls_resumed;
    if (world.plan.expects_replies) {
      EXPECT_EQ(counts.messages_answered, counts.messages_sent);
    }
  });
  EXPECT_GT(resumed, 0u);
}

}  // namespace
}  // namespace ringstorm
