#include "app/doctor.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringstorm {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// A machine with everything, so that each test takes one thing away.
DoctorFacts good_machine() {
  DoctorFacts facts;
  MachineFacts& machine = facts.machine;
  machine.kernel_release = "6.18.44";
  machine.cpu_model = "Some CPU";
  machine.cores_online = 8;
  machine.cores_usable = 4;
  machine.clock_source = "tsc";
  machine.governor = "performance";
  machine.open_files_soft = 1024;
  machine.open_files_hard = 20'000;
  machine.first_ephemeral_port = 1024;
  machine.last_ephemeral_port = 61'023;  // 60,000 of them
  machine.somaxconn = 4096;
  machine.memlock_bytes = kUnlimited;
  machine.available_memory_bytes = 8ULL << 30;
  Capabilities& c = facts.capabilities;
  c.io_uring = c.single_issuer = c.defer_taskrun = c.ext_arg = c.cqe_skip = c.direct_sockets = true;
  c.socket_options = c.buffer_ring = c.multishot_receive = c.multishot_accept = c.min_timeout = true;
  c.receive_bundles = c.send_zero_copy = c.descriptor_install = c.bind = true;
  c.kernel_tls = true;
  c.receive_stamps = c.transmit_stamps = c.mixed_completions = true;
  return facts;
}

Finding find(const std::vector<Finding>& findings, const std::string& name) {
  const auto at =
      std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.name == name; });
  if (at == findings.end()) ADD_FAILURE() << "nothing is said about " << name;
  return at == findings.end() ? Finding{} : *at;
}

Mark mark_of(const DoctorFacts& facts, std::uint64_t connections, const std::string& name) {
  return find(examine(facts, connections), name).mark;
}

TEST(Doctor, FindsNothingWrongWithAGoodMachine) {
  const std::vector<Finding> findings = examine(good_machine(), 1000);
  for (const Finding& finding : findings)
    EXPECT_EQ(finding.mark, Mark::ok) << finding.name << ": " << finding.found;
  EXPECT_TRUE(is_fit(findings));
  EXPECT_THAT(render_text(findings, 1000), EndsWith("\nfit for 1,000 connections\n"));
}

TEST(Doctor, SaysEverythingTheIssueAsksFor) {
  const std::string text = render_text(examine(good_machine(), 1000), 1000);
  for (const char* part :
       {"Linux 6.18.44", "io_uring", "open files", "20,000", "ephemeral ports", "60,000", "somaxconn",
        "4,096", "memlock", "unlimited", "clock source", "tsc", "4 of 8, Some CPU", "performance"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(Doctor, SaysWhetherTheKernelHasTls) {
  DoctorFacts facts = good_machine();
  EXPECT_EQ(mark_of(facts, 1000, "TLS (kTLS)"), Mark::ok);
  facts.capabilities.kernel_tls = false;
  EXPECT_EQ(mark_of(facts, 1000, "TLS (kTLS)"), Mark::note);
}

TEST(Doctor, ListsEveryCapabilityOfTheRing) {
  const DoctorFacts facts = good_machine();
  const std::string text = render_text(examine(facts, 1000), 1000);
  ASSERT_FALSE(facts.capabilities.list().empty());
  for (const Capability& capability : facts.capabilities.list())
    EXPECT_THAT(text, HasSubstr(capability.name));
}

TEST(Doctor, AMissingRequiredFeatureIsBadAndAnotherIsANoteWithItsCost) {
  DoctorFacts facts = good_machine();
  facts.capabilities = {};
  facts.capabilities.io_uring = true;
  const std::vector<Finding> findings = examine(facts, 1);
  for (const Capability& capability : facts.capabilities.list()) {
    const Finding finding = find(findings, capability.name);
    const bool required = std::string{capability.without} == "required";
    EXPECT_EQ(finding.mark, required ? Mark::bad : Mark::note) << capability.name;
    EXPECT_THAT(finding.found, HasSubstr(capability.since));
    EXPECT_EQ(finding.remark, capability.without);
  }
  EXPECT_FALSE(is_fit(findings));
}

TEST(Doctor, WithoutIoUringThereIsNoFeatureToList) {
  DoctorFacts facts = good_machine();
  facts.capabilities = {};
  facts.capabilities.error = "io_uring_setup: Operation not permitted";
  const std::string text = render_text(examine(facts, 1000), 1000);
  EXPECT_THAT(text,
              testing::ContainsRegex("bad +io_uring +io_uring_setup: Operation not permitted: required"));
  EXPECT_THAT(text, Not(HasSubstr("missing, comes with")));
  EXPECT_THAT(text, HasSubstr("not fit for 1,000 connections"));
}

TEST(Doctor, OpenFilesBoundEachRingAndNotTheRun) {
  const DoctorFacts facts = good_machine();
  EXPECT_EQ(mark_of(facts, 20'000, "open files"), Mark::ok);
  const Finding more = find(examine(facts, 40'001), "open files");
  EXPECT_EQ(more.mark, Mark::note);
  EXPECT_THAT(more.remark, HasSubstr("40,001 connections take 3 shards"));
}

TEST(Doctor, PortsAreShortBeyondTheirNumberAndSlowBeyondTheirHalf) {
  const DoctorFacts facts = good_machine();
  EXPECT_EQ(mark_of(facts, 30'000, "ephemeral ports"), Mark::ok);
  EXPECT_EQ(mark_of(facts, 30'001, "ephemeral ports"), Mark::note);
  EXPECT_EQ(mark_of(facts, 60'000, "ephemeral ports"), Mark::note);
  const Finding more = find(examine(facts, 60'001), "ephemeral ports");
  EXPECT_EQ(more.mark, Mark::bad);
  EXPECT_THAT(more.remark, HasSubstr("room for 60,000 connections"));
}

TEST(Doctor, MemoryIsShortWhenTheConnectionsTakeItAll) {
  DoctorFacts facts = good_machine();
  facts.machine.available_memory_bytes = 10ULL * 1024 * 1000;  // of a thousand connections
  EXPECT_EQ(mark_of(facts, 500, "memory"), Mark::ok);
  EXPECT_EQ(mark_of(facts, 501, "memory"), Mark::note);
  EXPECT_EQ(mark_of(facts, 1001, "memory"), Mark::bad);
}

TEST(Doctor, TheFirewallsTableIsJudgedWhereThereIsOne) {
  DoctorFacts facts = good_machine();
  EXPECT_THAT(render_text(examine(facts, 1000), 1000), Not(HasSubstr("nf_conntrack_max")));
  facts.machine.tracked_connections = 1000;
  EXPECT_EQ(mark_of(facts, 500, "nf_conntrack_max"), Mark::ok);
  EXPECT_EQ(mark_of(facts, 501, "nf_conntrack_max"), Mark::note);
}

TEST(Doctor, NotesWhatMakesMeasurementsWorse) {
  DoctorFacts facts = good_machine();
  facts.machine.clock_source = "hpet";
  facts.machine.governor = "powersave";
  facts.machine.somaxconn = 128;
  facts.machine.memlock_bytes = 65'536;
  facts.machine.cores_usable = 1;
  const std::vector<Finding> findings = examine(facts, 1000);
  for (const char* name : {"clock source", "cpu governor", "somaxconn", "memlock", "cores"}) {
    EXPECT_EQ(find(findings, name).mark, Mark::note) << name;
  }
  EXPECT_THAT(render_text(findings, 1000),
              EndsWith("fit for 1,000 connections, with 5 notes to know about\n"));
}

TEST(Doctor, AMachineThatSaysNothingIsStillJudged) {
  DoctorFacts facts = good_machine();
  facts.machine = {};
  const std::vector<Finding> findings = examine(facts, 1000);
  EXPECT_TRUE(is_fit(findings));
  EXPECT_THAT(render_text(findings, 1000), HasSubstr("unknown"));
}

TEST(Doctor, JsonSaysTheSameAsTheText) {
  DoctorFacts facts = good_machine();
  facts.machine.somaxconn = 128;
  const std::vector<Finding> findings = examine(facts, 70'000);
  const auto document = nlohmann::json::parse(render_json(findings, 70'000));
  EXPECT_EQ(document["schema"], "ringstorm.doctor/1");
  EXPECT_EQ(document["connections"], 70'000);
  EXPECT_EQ(document["fit"], false);
  ASSERT_EQ(document["findings"].size(), findings.size());
  for (std::size_t i = 0; i < findings.size(); ++i) {
    EXPECT_EQ(document["findings"][i]["name"], findings[i].name);
    EXPECT_EQ(document["findings"][i]["found"], findings[i].found);
    EXPECT_EQ(document["findings"][i]["remark"], findings[i].remark);
  }
  const auto marks = [&](const char* name) {
    for (const auto& f : document["findings"]) {
      if (f["name"] == name) return f["mark"].get<std::string>();
    }
    return std::string{"absent"};
  };
  EXPECT_EQ(marks("somaxconn"), "note");
  EXPECT_EQ(marks("ephemeral ports"), "bad");
  EXPECT_EQ(marks("clock source"), "ok");
}

}  // namespace
}  // namespace ringstorm
