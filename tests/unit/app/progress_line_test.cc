#include "app/progress_line.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

namespace ringstorm {
namespace {

using Stage = Progress::Stage;

struct TextRow {
  Progress progress;
  const char* text;
};

constexpr auto kNone = std::nullopt;

TEST(ProgressText, SaysWhereTheRunStands) {
  const TextRow rows[] = {
      // {stage, elapsed, connections up, errors, messages per second, p99, left of the window}
      {{Stage::opening, Duration{0}, 0, 0, 0, kNone, kNone}, "  0.0 s  opening     0 up  0 msg/s"},
      {{Stage::opening, milliseconds(1'040), 10'000, 0, 0, kNone, kNone},
       "  1.0 s  opening     10,000 up  0 msg/s"},
      {{Stage::warming_up, milliseconds(2'060), 1'000, 0, 1'234.9, kNone, seconds(30)},
       "  2.1 s  warming up  1,000 up  1,234 msg/s  30 s left"},
      {{Stage::measuring, seconds(100), 999, 1'500, 124'310, microseconds(1'250), milliseconds(6'600)},
       "100.0 s  measuring   999 up  124,310 msg/s  p99 1.25 ms  1,500 errors  7 s left"},
      // One error is one.
      {{Stage::measuring, Duration{0}, 0, 1, 0, kNone, kNone}, "  0.0 s  measuring   0 up  0 msg/s  1 error"},
      // The window is over: there is nothing left of it to tell.
      {{Stage::draining, seconds(11), 0, 0, 0, kNone, Duration{0}}, " 11.0 s  draining    0 up  0 msg/s"},
      {{Stage::closing, seconds(12), 0, 0, 0, kNone, Duration{0}}, " 12.0 s  closing     0 up  0 msg/s"},
  };
  for (const TextRow& row : rows) EXPECT_EQ(progress_text(row.progress), row.text);
}

/// Just begun, or about to end.
Progress at(Stage stage) {
  Progress progress;
  progress.stage = stage;
  return progress;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

std::string contents(std::FILE* file) {
  std::rewind(file);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

TEST(ProgressLine, IsPlainLinesWhereThereIsNoTerminal) {
  const File file(std::tmpfile());
  ProgressLine line(file.get(), false);
  line.show(at(Stage::opening));
  line.show(at(Stage::closing));
  line.finish();
  EXPECT_EQ(contents(file.get()), "  0.0 s  opening     0 up  0 msg/s\n  0.0 s  closing     0 up  0 msg/s\n");
}

TEST(ProgressLine, IsNothingWhenQuiet) {
  const File file(std::tmpfile());
  ProgressLine line(file.get(), true);
  line.show(at(Stage::opening));
  line.finish();
  EXPECT_EQ(contents(file.get()), "");
}

/// A terminal, and what a person would see on it.
class Terminal {
 public:
  Terminal() : screen_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    EXPECT_EQ(::grantpt(screen_), 0);
    EXPECT_EQ(::unlockpt(screen_), 0);
    const int fd = ::open(::ptsname(screen_), O_RDWR | O_NOCTTY);
    termios raw{};
    ::tcgetattr(fd, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(fd, TCSANOW, &raw);
    file.reset(::fdopen(fd, "w"));
  }
  ~Terminal() { ::close(screen_); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// What came since the last call; a terminal hands it on in its own time, so as much as `expected` is
  /// waited for.
  std::string shown(std::string_view expected) {
    std::fflush(file.get());
    std::string text;
    for (pollfd ready{screen_, POLLIN, 0}; text.size() < expected.size() && ::poll(&ready, 1, 5'000) > 0;) {
      std::array<char, 4096> piece;
      const ssize_t count = ::read(screen_, piece.data(), piece.size());
      if (count <= 0) break;
      text.append(piece.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  void shows(std::string_view expected) { EXPECT_EQ(shown(expected), expected); }

  File file;

 private:
  int screen_;
};

TEST(ProgressLine, IsOneLineRewrittenOnATerminal) {
  Terminal terminal;
  ProgressLine line(terminal.file.get(), false);
  line.show(at(Stage::opening));
  line.show(at(Stage::closing));
  terminal.shows("\r\033[K  0.0 s  opening     0 up  0 msg/s\r\033[K  0.0 s  closing     0 up  0 msg/s");
  line.finish();
  terminal.shows("\n");
  line.show(at(Stage::opening));
  terminal.shows("\r\033[K  0.0 s  opening     0 up  0 msg/s");
}

TEST(ProgressLine, IsLeftStandingHoweverTheRunEnds) {
  Terminal terminal;
  {
    ProgressLine line(terminal.file.get(), false);
    line.show(at(Stage::opening));
  }
  terminal.shows("\r\033[K  0.0 s  opening     0 up  0 msg/s\n");
}

TEST(ProgressLine, AddsNoEmptyLineWhenNothingWasShown) {
  Terminal terminal;
  {
    ProgressLine line(terminal.file.get(), false);
    line.finish();
  }
  std::fputs("x", terminal.file.get());
  terminal.shows("x");
}

}  // namespace
}  // namespace ringstorm
