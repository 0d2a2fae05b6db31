// A server that a command starts: how it becomes ready, and what is said when it does not.
#include "runner/server_under_test.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace ringstorm {
namespace {

using testing::HasSubstr;

class ServerUnderTestTest : public testing::Test {
 protected:
  ServerUnderTestTest() {
    char name[] = "/tmp/ringstorm-server-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~ServerUnderTestTest() override { std::filesystem::remove_all(folder_); }

  Result<std::optional<ServerUnderTest>> start(const std::string& text, Duration patience = seconds(30)) {
    return ServerUnderTest::start({.name = "B",
                                   .text = text,
                                   .cores = {},
                                   .log = folder_ + "/b.log",
                                   .patience = patience,
                                   .grace = milliseconds(200)});
  }
  std::string log() const {
    std::ifstream file(folder_ + "/b.log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
};

// Accepts and says nothing.
const std::string kListener =
    "exec python3 -c 'import socket, time\n"
    "s = socket.create_server((\"127.0.0.1\", {port}))\n"
    "print(\"here\", flush=True)\n"
    "time.sleep(1000)'";

TEST_F(ServerUnderTestTest, IsReadyWhenItsPortAccepts) {
  auto server = start(kListener);
  ASSERT_TRUE(server) << to_string(server.error());
  ASSERT_TRUE(*server);
  EXPECT_TRUE(accepts_connections((*server)->address()));
  EXPECT_FALSE((*server)->ended());
  EXPECT_GT((*server)->cpu_time().value(), Duration{0});
  const SocketAddress address = (*server)->address();
  EXPECT_TRUE((*server)->stop());
  EXPECT_FALSE(accepts_connections(address));
  EXPECT_EQ(log(), "here\n");
}

TEST_F(ServerUnderTestTest, OneThatEndsFirstSaysWhatItPrinted) {
  const auto server = start("echo no such file: config.toml >&2; exit 3; # {port}");
  ASSERT_FALSE(server);
  EXPECT_EQ(to_string(server.error()),
            "server B: it ended with exit code 3 (it printed last:\n    no such file: config.toml)");
}

TEST_F(ServerUnderTestTest, OnlyWhatThisOnePrintedIsShown) {
  (void)start("echo of the first; exit 1; # {port}");
  const auto server = start("exit 1; # {port}");
  ASSERT_FALSE(server);
  EXPECT_EQ(to_string(server.error()), "server B: it ended with exit code 1 (it printed nothing)");
  EXPECT_EQ(log(), "of the first\n");
}

TEST_F(ServerUnderTestTest, OneThatNeverListensIsGivenUpAndStopped) {
  const auto server =
      start("echo thinking; echo $$ > " + folder_ + "/pid; exec sleep 1000 # {port}", seconds(1));
  ASSERT_FALSE(server);
  const std::string text = to_string(server.error());
  EXPECT_THAT(text, HasSubstr("it was not listening on port "));
  EXPECT_THAT(text, HasSubstr(" within 1 s"));
  EXPECT_THAT(text, HasSubstr("thinking"));
  std::ifstream file(folder_ + "/pid");
  pid_t pid = 0;
  ASSERT_TRUE(file >> pid);
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(ServerUnderTestTest, ItsDeathIsSeenWhileItIsMeasured) {
  auto server = start("echo $$ > " + folder_ + "/pid; " + kListener);
  ASSERT_TRUE(server) << to_string(server.error());
  ASSERT_FALSE((*server)->ended());
  std::ifstream file(folder_ + "/pid");
  pid_t pid = 0;
  ASSERT_TRUE(file >> pid);
  ::kill(pid, SIGKILL);
  std::optional<Error> death;
  for (int i = 0; i < 1000 && !death; ++i, ::usleep(10'000)) death = (*server)->ended();
  ASSERT_TRUE(death);
  EXPECT_THAT(to_string(*death), HasSubstr("signal 9"));
}

TEST(TailOf, IsTheLastLinesPrintable) {
  EXPECT_EQ(tail_of("one\ntwo\nthree\n", 2, 100), "\n    two\n    three");
  EXPECT_EQ(tail_of("one\ntwo", 5, 100), "\n    one\n    two");
  EXPECT_EQ(tail_of("0123456789", 5, 4), "\n    6789");
  EXPECT_EQ(tail_of("\x1b[31mred\x1b[0m\n", 5, 100), "\n    ?[31mred?[0m");
  EXPECT_EQ(tail_of("one\n\n\n", 5, 100), "\n    one");
  EXPECT_EQ(tail_of("", 5, 100), "");
}

}  // namespace
}  // namespace ringstorm
