#include "app/calibration.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>

#include "app/doctor.h"

namespace ringstorm {
namespace {

class CalibrationFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "calibration-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    machine_.kernel_release = "6.18.44";
    machine_.cpu_model = "Some CPU";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/below/calibration.json"; }
  StoredCalibration load() const { return load_calibration(path(), machine_); }
  void write(const std::string& text) const {
    std::filesystem::create_directories(folder_ + "/below");
    std::ofstream(path()) << text;
  }

  std::string folder_;
  MachineFacts machine_;
};

Calibration example() {
  return {.kernel = "6.18.44",
          .cpu_model = "Some CPU",
          .timer = {nanoseconds(1), nanoseconds(2), nanoseconds(3)},
          .pacing_first = {nanoseconds(4), nanoseconds(5), nanoseconds(6)},
          .pacing_spin = {nanoseconds(7), nanoseconds(8), nanoseconds(9)},
          .messages_per_second = 1234.5,
          .messages_per_cpu_second = 2345.25};
}

TEST_F(CalibrationFile, ComesBackAsItWasStored) {
  ASSERT_TRUE(store_calibration(path(), example()).ok());
  const StoredCalibration stored = load();
  EXPECT_EQ(stored.ignored, "");
  ASSERT_TRUE(stored.calibration.has_value());
  EXPECT_EQ(*stored.calibration, example());
}

TEST_F(CalibrationFile, IsReplacedAsAWholeAndLeavesNothingBeside) {
  ASSERT_TRUE(store_calibration(path(), example()).ok());
  Calibration other = example();
  other.messages_per_second = 1;
  ASSERT_TRUE(store_calibration(path(), other).ok());
  EXPECT_EQ(load().calibration, other);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_ + "/below"), {}), 1);
}

TEST_F(CalibrationFile, WithoutAFileThereIsNothingToSay) {
  EXPECT_FALSE(load().calibration);
  EXPECT_EQ(load().ignored, "");
  EXPECT_EQ(calibration_finding(load(), path()).mark, Mark::ok);
}

TEST_F(CalibrationFile, OfAnotherKernelOrProcessorIsIgnored) {
  ASSERT_TRUE(store_calibration(path(), example()).ok());
  machine_.kernel_release = "6.19.0";
  EXPECT_FALSE(load().calibration);
  EXPECT_NE(load().ignored, "");
  machine_.kernel_release = "6.18.44";
  machine_.cpu_model = "Other CPU";
  EXPECT_FALSE(load().calibration);
  EXPECT_EQ(calibration_finding(load(), path()).mark, Mark::note);
}

TEST_F(CalibrationFile, WhatIsNoCalibrationIsIgnored) {
  const std::string good = to_json(example()).dump();
  ASSERT_TRUE(parse_calibration(good).ok());
  for (const std::string& text : {std::string{}, std::string("{"), std::string("[]"), std::string("null"),
                                  good.substr(0, 50), std::string(R"({"schema": "ringstorm.calibration/2"})"),
                                  std::string(R"({"schema": 1})"), std::string(100'000, ' ')}) {
    write(text);
    EXPECT_FALSE(load().calibration) << text.substr(0, 60);
    EXPECT_NE(load().ignored, "") << text.substr(0, 60);
  }
}

TEST_F(CalibrationFile, AFieldThatIsNotWhatItShouldBeIsNamed) {
  for (const char* pointer : {"/kernel", "/timer/p50_ns", "/timer", "/pacing/spin/max_ns", "/pacing",
                              "/maximum/messages_per_s", "/maximum/messages_per_cpu_second"}) {
    for (const nlohmann::ordered_json& wrong :
         {nlohmann::ordered_json(-1), nlohmann::ordered_json(nullptr), nlohmann::ordered_json::array()}) {
      nlohmann::ordered_json json = to_json(example());
      json[nlohmann::ordered_json::json_pointer(pointer)] = wrong;
      write(json.dump());
      EXPECT_FALSE(load().calibration) << json.dump();
      EXPECT_NE(load().ignored.find(pointer), std::string::npos) << load().ignored;
    }
  }
}

TEST_F(CalibrationFile, AFolderInItsPlaceIsIgnoredAndCannotBeReplaced) {
  std::filesystem::create_directories(path() + "/full");
  EXPECT_NE(load().ignored, "");
  EXPECT_FALSE(store_calibration(path(), example()).ok());
}

}  // namespace
}  // namespace ringstorm
