#include "plan/socket_fields.h"

#include <gtest/gtest.h>

#include "plan/plan.h"
#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

Scenario with(const std::string& socket) {
  const auto scenario = parse_scenario(R"({"url": "ws://h/", "socket": )" + socket + "}", "s.json");
  EXPECT_TRUE(scenario.ok()) << to_string(scenario.error());
  return scenario.ok() ? *scenario : Scenario{};
}

std::string mistake(const std::string& socket) {
  const auto scenario = parse_scenario(R"({"socket": )" + socket + "}", "s.json");
  return scenario.ok() ? "" : to_string(scenario.error());
}

TEST(SocketFields, ComeToATuning) {
  EXPECT_EQ(socket_tuning(with("{}")), SocketTuning{});
  EXPECT_EQ(socket_tuning(with(R"({"no_delay": false, "receive_buffer": "64KiB", "send_buffer": 1,
                                  "keepalive": {"idle": 30, "interval": "5s", "count": 3},
                                  "congestion": "bbr", "tos": 16, "quick_ack": true, "bind_device": "lo"})")),
            (SocketTuning{.no_delay = false,
                          .receive_buffer = 65'536,
                          .send_buffer = 1,
                          .keepalive = true,
                          .keepalive_idle = seconds(30),
                          .keepalive_interval = seconds(5),
                          .keepalive_count = 3,
                          .congestion = "bbr",
                          .tos = 16,
                          .quick_ack = true,
                          .bind_device = "lo"}));
  EXPECT_EQ(socket_tuning(with(R"({"dscp": 46})")).tos, 184u);
  EXPECT_TRUE(socket_tuning(with(R"({"keepalive": "30s"})")).keepalive);
  EXPECT_TRUE(socket_tuning(with(R"({"keepalive": {"count": 3}})")).keepalive);
}

TEST(SocketFields, MistakesAreSaidWithTheirPlace) {
  EXPECT_EQ(mistake(R"({"tos": 16, "dscp": 4})"),
            "s.json:1:32 /socket/dscp: \"tos\" and \"dscp\" exclude each other (tos is dscp times four)");
  EXPECT_EQ(mistake(R"({"keepalive": {"interval": "1.5s"}})"),
            "s.json:1:39 /socket/keepalive/interval: found 1.5 s, expected whole seconds");
  EXPECT_EQ(
      mistake(R"({"congestion": "a-name-of-16-ltr"})"),
      "s.json:1:27 /socket/congestion: found \"a-name-of-16-ltr\", expected a name of 1 to 15 characters "
      "(such as \"cubic\")");
  EXPECT_NE(mistake(R"({"tos": 256})").find("found 256, expected a whole number from 0 to 255"),
            std::string::npos);
  EXPECT_NE(mistake(R"({"dscp": 64})").find("from 0 to 63"), std::string::npos);
}

TEST(SocketFields, AUnixSocketHasNone) {
  Scenario s = with(R"({"send_buffer": 4096, "keepalive": "9s", "dscp": 1, "congestion": "reno",
                        "quick_ack": true, "bind_device": "lo"})");
  s.url = "ws+unix:/run/app.sock";
  const auto plan = make_plan(s, MachineLimits{.cores = 2, .open_files = 20'000});
  ASSERT_FALSE(plan.ok());
  std::string where;
  for (const Error& error : plan.errors()) where += error.where + " ";
  EXPECT_EQ(where,
            "/socket/keepalive /socket/congestion /socket/dscp /socket/quick_ack /socket/bind_device ");
}

TEST(SocketFields, ThePlanSaysWhatIsAsked) {
  EXPECT_EQ(socket_text(with("{}")), "");
  EXPECT_EQ(
      socket_text(with(R"({"no_delay": false, "send_buffer": "64KiB", "keepalive": "30s", "dscp": 46})")),
      "delayed as Nagle has it, send buffer 64.0 KiB, keepalive, after 30 s, DSCP 46");
}

}  // namespace
}  // namespace ringstorm
