#include "report/report_folder.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "golden/example_report.h"
#include "report/sink.h"

namespace ringstorm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ReportFolder : public testing::Test {
 protected:
  ReportFolder() {
    std::string name = (fs::temp_directory_path() / "ringstorm-report-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~ReportFolder() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  static std::string contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  static std::set<std::string> names_in(const fs::path& dir) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir)) names.insert(entry.path().filename());
    return names;
  }

  fs::path root_;
  const Report report_ = example::good_run();
  const std::set<std::string> both_{"report.json", "report.txt"};
};

TEST_F(ReportFolder, HoldsWhatTheSinksMade) {
  const fs::path dir = root_ / "a" / "b" / "c";  // parents are made
  const auto written = write_report(dir, report_);
  ASSERT_TRUE(written) << to_string(written.error());
  EXPECT_EQ(*written, dir.string());
  EXPECT_EQ(names_in(dir), both_);
  EXPECT_EQ(contents(dir / "report.json"), json_report(report_));
  EXPECT_EQ(contents(dir / "report.txt"), text_report(report_));
}

TEST_F(ReportFolder, OtherFilesInItAreNoObstacle) {
  std::ofstream(root_ / "notes.md") << "mine";
  ASSERT_TRUE(write_report(root_, report_));
  EXPECT_EQ(contents(root_ / "notes.md"), "mine");
}

TEST_F(ReportFolder, AnEarlierReportIsReplacedWhole) {
  for (const char* name : {"report.json", "report.txt"})
    std::ofstream(root_ / name) << std::string(1'000'000, 'x');
  EXPECT_TRUE(check_report_folder(root_));
  ASSERT_TRUE(write_report(root_, report_));
  EXPECT_EQ(names_in(root_), both_);
  EXPECT_EQ(contents(root_ / "report.json"), json_report(report_));
  EXPECT_EQ(contents(root_ / "report.txt"), text_report(report_));
}

TEST_F(ReportFolder, AFileInTheWayIsTold) {
  std::ofstream(root_ / "file") << "x";
  for (const fs::path& dir : {root_ / "file", root_ / "file" / "below" / "it"}) {
    EXPECT_FALSE(check_report_folder(dir)) << dir;
    const auto written = write_report(dir, report_);
    ASSERT_FALSE(written) << dir;
    EXPECT_THAT(to_string(written.error()), HasSubstr("not a folder"));
    EXPECT_THAT(to_string(written.error()), HasSubstr("--out DIR"));
  }
  EXPECT_FALSE(write_report_under(root_ / "file", report_));
}

TEST_F(ReportFolder, TheCheckMakesNothing) {
  EXPECT_TRUE(check_report_folder(root_ / "new" / "run"));
  EXPECT_TRUE(check_report_folder(root_));
  EXPECT_TRUE(check_report_folder("some-relative-name-that-is-not-there"));
  EXPECT_TRUE(names_in(root_).empty());
}

TEST_F(ReportFolder, AGeneratedNameIsFreshEveryTime) {
  const std::string name = "20260314T090026Z-echo";
  const fs::path results = root_ / "results";
  EXPECT_EQ(*write_report_under(results, report_), (results / name).string());
  EXPECT_EQ(*write_report_under(results, report_), (results / (name + "-2")).string());
  std::ofstream(results / (name + "-3")) << "a file takes a name too";
  EXPECT_EQ(*write_report_under(results, report_), (results / (name + "-4")).string());
  EXPECT_EQ(names_in(results / (name + "-4")), both_);
}

TEST_F(ReportFolder, ADanglingLinkOfThatNameIsReplacedNotFollowed) {
  fs::create_symlink(root_ / "elsewhere", root_ / "report.json");
  ASSERT_TRUE(write_report(root_, report_));
  EXPECT_EQ(names_in(root_), both_);
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(root_ / "report.json")));
}

/// Runs `body` in a child process, which may spoil its own limits, mounts and rights; passes when it returns
/// an empty text.
void in_child(const std::function<std::string()>& body) {
  constexpr int kSkipped = 77;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string problem = body();
    if (!problem.empty()) fprintf(stderr, "%s\n", problem.c_str());
    _exit(problem == "skip" ? kSkipped : problem.empty() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kSkipped) GTEST_SKIP() << "not allowed here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

std::string expect_failure(const Result<std::string>& written, const std::string& part) {
  if (written) return "it was written";
  const std::string text = to_string(written.error());
  return text.find(part) == std::string::npos ? "unexpected: " + text : "";
}

TEST_F(ReportFolder, AWriteThatFailsHalfWayLeavesNothing) {
  const fs::path dir = root_ / "run";
  in_child([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};  // report.txt fits, report.json does not
    setrlimit(RLIMIT_FSIZE, &limit);
    return expect_failure(write_report(dir, report_), "larger than this process may write");
  });
  EXPECT_TRUE(names_in(dir).empty());
}

/// A file system of `bytes` in a private namespace of this process, mounted on `dir`.
bool mount_small(const fs::path& dir, const std::string& options) {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  return mount("tmpfs", dir.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

TEST_F(ReportFolder, AFullDiskIsTold) {
  in_child([&]() -> std::string {
    if (!mount_small(root_, "size=8k")) return "skip";
    const std::string named = expect_failure(write_report(root_ / "run", report_), "the disk is full");
    if (!named.empty()) return named;
    if (!names_in(root_ / "run").empty()) return "something was left behind";
    const std::string generated =
        expect_failure(write_report_under(root_ / "results", report_), "the disk is full");
    if (!generated.empty()) return generated;
    return names_in(root_ / "results").empty() ? "" : "an empty folder was left behind";
  });
}

TEST_F(ReportFolder, AReadOnlyFileSystemIsTold) {
  in_child([&]() -> std::string {
    if (!mount_small(root_, "size=64k")) return "skip";
    fs::create_directories(root_ / "here");
    if (mount("none", root_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) return "skip";
    for (const char* name : {"here", "new"}) {
      const std::string problem =
          expect_failure(write_report(root_ / name, report_), "the file system is read-only");
      if (!problem.empty()) return problem;
    }
    return expect_failure(write_report_under(root_ / "here", report_), "the file system is read-only");
  });
}

TEST_F(ReportFolder, AFolderWithoutPermissionIsTold) {
  fs::permissions(
      root_, fs::perms::all & ~fs::perms::owner_write & ~fs::perms::group_write & ~fs::perms::others_write);
  in_child([&]() -> std::string {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && setuid(kNobody) != 0) return "skip";  // root may write anywhere
    const std::string problem = expect_failure(write_report(root_ / "run", report_), "no permission");
    return problem.empty() ? expect_failure(write_report_under(root_, report_), "no permission") : problem;
  });
  fs::permissions(root_, fs::perms::owner_all);
}

}  // namespace
}  // namespace ringstorm
