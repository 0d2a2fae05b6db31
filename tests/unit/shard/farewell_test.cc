#include "shard/farewell.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

/// Every slot is taken; those that are told goodbye.
std::uint32_t take_turns(Farewell& farewell, const SlotPool& slots) {
  std::uint32_t told = 0;
  for (; farewell.next(slots); ++told) farewell.begun();
  return told;
}

SlotPool full(std::uint32_t size) {
  SlotPool slots(size);
  for (std::uint32_t i = 0; i < size; ++i) slots.take();
  return slots;
}

TEST(Farewell, ToSoManyAtOnceAndToTheNextAsOneHasGone) {
  SlotPool slots = full(200);
  Farewell farewell(64);  // 4,096 in the whole run
  EXPECT_EQ(take_turns(farewell, slots), 64U);
  EXPECT_EQ(take_turns(farewell, slots), 0U);
  slots.give_back(3);
  slots.give_back(4);
  EXPECT_EQ(take_turns(farewell, slots), 2U);
  for (Slot slot = 10; slot < 74; ++slot) slots.give_back(slot);
  EXPECT_EQ(take_turns(farewell, slots), 64U);
}

TEST(Farewell, ThoseWhoAreGoneAlreadyTakeNoPlace) {
  SlotPool slots = full(1000);
  Farewell farewell(1000);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(farewell.next(slots));
  EXPECT_EQ(take_turns(farewell, slots), 64U);
}

TEST(Farewell, ThoseWhoGoByThemselvesMakeNoRoomTwice) {
  SlotPool slots = full(1000);
  Farewell farewell(1000);
  ASSERT_TRUE(farewell.next(slots));
  for (Slot slot = 500; slot < 900; ++slot) slots.give_back(slot);
  EXPECT_EQ(take_turns(farewell, slots), 464U) << "64, and as many as have gone meanwhile";
}

TEST(Farewell, ToAllAtOnceWhenMostDoNotAnswer) {
  const SlotPool slots = full(10'000);
  Farewell farewell(1);
  EXPECT_EQ(take_turns(farewell, slots), 4096U);
  for (int i = 0; i < 2047; ++i) farewell.missed(slots);
  EXPECT_EQ(take_turns(farewell, slots), 0U);
  farewell.missed(slots);
  EXPECT_EQ(take_turns(farewell, slots), 10'000U - 4096U);
}

TEST(Farewell, MostAreMoreThanHalfOfThoseWhoHaveGone) {
  SlotPool slots = full(10'000);
  Farewell farewell(1);
  EXPECT_EQ(take_turns(farewell, slots), 4096U);
  for (Slot slot = 0; slot < 4095; ++slot) slots.give_back(slot);
  for (int i = 0; i < 2047; ++i) farewell.missed(slots);
  EXPECT_EQ(take_turns(farewell, slots), 4095U) << "as many as have gone";
  farewell.missed(slots);
  EXPECT_EQ(take_turns(farewell, slots), 10'000U - 4096U - 4095U);
}

TEST(Farewell, AFewWhoDoNotAnswerChangeNothing) {
  SlotPool slots = full(10'000);
  Farewell farewell(1);
  EXPECT_EQ(take_turns(farewell, slots), 4096U);
  for (Slot slot = 0; slot < 4096; ++slot) slots.give_back(slot);
  for (int i = 0; i < 2048; ++i) farewell.missed(slots);
  EXPECT_EQ(take_turns(farewell, slots), 4096U);
}

}  // namespace
}  // namespace ringstorm
