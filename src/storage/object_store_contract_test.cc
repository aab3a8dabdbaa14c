// What every ObjectStore promises.

#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "base/testing.h"
#include "crypto/random.h"
#include "storage/gcs/fake_google_test_support.h"
#include "storage/object_store.h"
#include "storage/s3/fake_s3_test_support.h"
#include "storage/stores.h"

namespace sluice::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kPlenty = 1 << 20;

struct Backend {
  std::string name;
  std::function<std::shared_ptr<ObjectStore>()> open;
  std::string bucket = {};  ///< Canonical; empty: a folder of this machine.
};

const ManualClock& Noon() {
  static const ManualClock clock(SystemTime(std::chrono::hours(500'004)));
  return clock;
}

std::string Variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

CloudContext ContextWith(const Clock& clock, std::map<std::string, std::string> variables) {
  return {.clock = clock,
          .environment = [variables = std::move(variables)](const std::string& name) {
            const auto found = variables.find(name);
            return found == variables.end() ? std::string() : found->second;
          }};
}

/// A store that speaks S3, if `prefix` and what follows name one: _KEY, _SECRET, _BUCKET.
void AddS3(const std::string& name, const std::string& prefix, std::vector<Backend>& backends) {
  const std::string endpoint = Variable(prefix);
  if (endpoint.empty()) return;
  const std::string bucket = "s3://" + Variable(prefix + "_BUCKET");
  const auto open = [=] {
    static const SystemClock clock;
    const CloudContext context =
        ContextWith(clock, {{"AWS_ACCESS_KEY_ID", Variable(prefix + "_KEY")},
                            {"AWS_SECRET_ACCESS_KEY", Variable(prefix + "_SECRET")},
                            {"AWS_REGION", Variable(prefix + "_REGION")},
                            {"AWS_ENDPOINT_URL", endpoint}});
    config::StoreOptions options;
    options.ca_file = Variable(prefix + "_CA");
    return NewS3Store(options, bucket, context).value().objects;
  };
  backends.push_back({.name = name, .open = open, .bucket = bucket});
}

/// Azure's Blob service, if SLUICE_TEST_AZURE is its endpoint; it goes with _ACCOUNT, _KEY,
/// _BUCKET and, where it speaks TLS, _CA.
void AddAzure(std::vector<Backend>& backends) {
  const std::string endpoint = Variable("SLUICE_TEST_AZURE");
  if (endpoint.empty()) return;
  const std::string account = Variable("SLUICE_TEST_AZURE_ACCOUNT");
  const std::string bucket = Format("az://{}@{}", Variable("SLUICE_TEST_AZURE_BUCKET"), account);
  const auto open = [=] {
    static const SystemClock clock;
    const CloudContext context =
        ContextWith(clock, {{"AZURE_STORAGE_ACCOUNT", account},
                            {"AZURE_STORAGE_KEY", Variable("SLUICE_TEST_AZURE_KEY")}});
    const config::StoreOptions options = {.endpoint = endpoint,
                                          .ca_file = Variable("SLUICE_TEST_AZURE_CA")};
    return NewAzureStore(options, bucket, context).value().objects;
  };
  backends.push_back({.name = "Azure", .open = open, .bucket = bucket});
}

/// A store that speaks S3, played by this process.
std::shared_ptr<ObjectStore> OpenFakeS3() {
  static const ManualClock clock(s3::FakeS3::Now());
  auto server = std::make_shared<s3::FakeS3>();
  const s3::Credentials key = s3::FakeS3::Key();
  const CloudContext context =
      ContextWith(clock, {{"AWS_ACCESS_KEY_ID", key.access_key_id},
                          {"AWS_SECRET_ACCESS_KEY", key.secret_access_key.Reveal()},
                          {"AWS_ENDPOINT_URL", server->endpoint()}});
  const auto store = std::make_shared<Store>(NewS3Store({}, "s3://lake", context).value());
  // The server lives as long as its store.
  return {store->objects.get(), [store, server](ObjectStore*) {}};
}

/// Google's JSON API, played by this process.
std::shared_ptr<ObjectStore> OpenFakeGoogle() {
  auto server = std::make_shared<gcs::FakeGoogle>();
  const CloudContext context = ContextWith(Noon(), {{"STORAGE_EMULATOR_HOST", server->address()}});
  const auto store = std::make_shared<Store>(NewGoogleStore({}, "gs://bucket", context).value());
  return {store->objects.get(), [store, server](ObjectStore*) {}};
}

/// Google's store or an emulator of it, if SLUICE_TEST_GCS is its endpoint; it goes with _BUCKET.
void AddGoogle(std::vector<Backend>& backends) {
  const std::string endpoint = Variable("SLUICE_TEST_GCS");
  if (endpoint.empty()) return;
  const std::string bucket = "gs://" + Variable("SLUICE_TEST_GCS_BUCKET");
  const auto open = [=] {
    static const SystemClock clock;
    const CloudContext context = ContextWith(clock, {{"STORAGE_EMULATOR_HOST", endpoint}});
    return NewGoogleStore({}, bucket, context).value().objects;
  };
  backends.push_back({.name = "Google", .open = open, .bucket = bucket});
}

std::vector<Backend> Backends() {
  std::vector<Backend> backends = {
      {.name = "Local", .open = [] { return NewLocalStore(); }},
      {.name = "Memory", .open = [] { return NewMemoryStore(Noon()); }},
      {.name = "FakeS3", .open = OpenFakeS3, .bucket = "s3://lake"},
      {.name = "FakeGoogle", .open = OpenFakeGoogle, .bucket = "gs://bucket"},
  };
  AddS3("S3", "SLUICE_TEST_S3", backends);
  AddS3("OtherS3", "SLUICE_TEST_S3_OTHER", backends);
  AddAzure(backends);
  AddGoogle(backends);
  return backends;
}

class ObjectStoreContract : public testing::TestWithParam<Backend> {
 protected:
  ObjectStoreContract() {
    if (!GetParam().bucket.empty()) {
      root_ = Format("{}/{}", GetParam().bucket, crypto::RandomToken(12));
      return;
    }
    std::string pattern = testing::TempDir() + "store-XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~ObjectStoreContract() override {
    if (GetParam().bucket.empty()) std::filesystem::remove_all(root_);
  }

  std::string Path(std::string_view name) const { return Format("{}/{}", root_, name); }
  void Put(std::string_view name, std::string_view bytes = "x") {
    ASSERT_THAT(store_->PutIfAbsent(Path(name), bytes), IsOk());
  }
  std::vector<std::string> Names(std::string_view start_after, std::size_t limit = 1000) {
    const std::string directory = Path("log");
    std::vector<std::string> names;
    const auto infos =
        store_->List({.directory = directory, .start_after = start_after, .limit = limit});
    if (!infos.ok()) return {infos.error().ToString()};
    for (const ObjectInfo& info : *infos) names.push_back(info.name);
    return names;
  }

  std::string root_;
  std::shared_ptr<ObjectStore> store_ = GetParam().open();
};

TEST_P(ObjectStoreContract, StreamGivesThePartAskedFor) {
  Put("data/x", "0123456789");
  const auto info = store_->Stat(Path("data/x"));
  ASSERT_THAT(info, IsOk());
  auto stream = store_->OpenStream(Path("data/x"), *info, {.offset = 2, .length = 5});
  ASSERT_THAT(stream, IsOk());
  std::string bytes(3, ' ');
  EXPECT_THAT((*stream)->Read(bytes), IsOkAnd(3U));
  EXPECT_EQ(bytes, "234");
  EXPECT_THAT((*stream)->Read(bytes), IsOkAnd(2U));
  EXPECT_EQ(bytes.substr(0, 2), "56");
  EXPECT_THAT((*stream)->Read(bytes), IsOkAnd(0U));
  EXPECT_THAT(store_->OpenStream(Path("data/x"), *info, {.offset = 6, .length = 5}),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST_P(ObjectStoreContract, StreamOfAReplacedObjectIsRefused) {
  Put("data/x", "0123456789");
  auto before = store_->Stat(Path("data/x"));
  ASSERT_THAT(before, IsOk());
  before->size_bytes = 11;
  before->etag = before->etag.empty() ? "" : "\"another\"";
  const auto stream = store_->OpenStream(Path("data/x"), *before, {.offset = 0, .length = 5});
  EXPECT_THAT(stream, FailsWith(ErrorCode::kUnavailable));
}

TEST_P(ObjectStoreContract, WhatWasPutIsRead) {
  Put("log/0.json", "{}\n");
  EXPECT_THAT(store_->ReadAll(Path("log/0.json"), kPlenty), IsOkAnd(std::string("{}\n")));
  const auto info = store_->Stat(Path("log/0.json"));
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->name, "0.json");
  EXPECT_EQ(info->size_bytes, 3U);
  EXPECT_GT(UnixMillis(info->modified_at), 0);
}

TEST_P(ObjectStoreContract, EmptyObjectIsAnObject) {
  Put("log/empty", "");
  EXPECT_THAT(store_->ReadAll(Path("log/empty"), 0), IsOkAnd(std::string()));
  EXPECT_EQ(store_->Stat(Path("log/empty"))->size_bytes, 0U);
}

TEST_P(ObjectStoreContract, ListIsInByteOrder) {
  for (const char* name : {"log/b", "log/a", "log/B", "log/a.json", "log/\xc3\xa9", "log/a-"}) {
    Put(name);
  }
  EXPECT_THAT(Names(""), ElementsAre("B", "a", "a-", "a.json", "b", "\xc3\xa9"));
}

TEST_P(ObjectStoreContract, ListResumesStrictlyAfterTheGivenName) {
  for (const char* name : {"log/1", "log/2", "log/3", "log/4"}) Put(name);
  EXPECT_THAT(Names("1", 2), ElementsAre("2", "3"));
  EXPECT_THAT(Names("1.5"), ElementsAre("2", "3", "4"));
  EXPECT_THAT(Names("4"), ElementsAre());
  EXPECT_THAT(Names("", 0), ElementsAre());
}

TEST_P(ObjectStoreContract, ListLeavesOutWhatLiesBelowOrBeside) {
  Put("log/1");
  Put("log/sub/2");
  Put("log2/3");
  Put("other");
  EXPECT_THAT(Names(""), ElementsAre("1"));
}

TEST_P(ObjectStoreContract, ListTellsSizes) {
  Put("log/1", "four");
  const std::string directory = Path("log");
  const auto infos = store_->List({.directory = directory, .start_after = ""});
  ASSERT_THAT(infos, IsOk());
  ASSERT_EQ(infos->size(), 1U);
  EXPECT_EQ(infos->front().size_bytes, 4U);
  const auto info = store_->Stat(Path("log/1"));
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(infos->front().modified_at, info->modified_at);
  EXPECT_EQ(infos->front().etag, info->etag);
}

TEST_P(ObjectStoreContract, FoldersAreThoseDirectlyBelowInByteOrder) {
  for (const char* name : {"log/b/1", "log/b/2", "log/a/deep/1", "log/a-/1", "log/B/1", "log/a.b/1",
                           "log/b c+d%20/1", "log/\xc3\xa9/1", "log/file", "log2/x/1", "other/1"}) {
    Put(name);
  }
  EXPECT_THAT(store_->ListFolders(Path("log"), 7),
              IsOkAnd(ElementsAre("B", "a", "a-", "a.b", "b", "b c+d%20", "\xc3\xa9")));
  EXPECT_THAT(store_->ListFolders(Path("log/a"), 100), IsOkAnd(ElementsAre("deep")));
  EXPECT_THAT(store_->ListFolders(root_, 100), IsOkAnd(ElementsAre("log", "log2", "other")));
}

TEST_P(ObjectStoreContract, MoreFoldersThanAskedForAreRefused) {
  for (const char* name : {"log/a/1", "log/b/1", "log/c/1"}) Put(name);
  EXPECT_THAT(store_->ListFolders(Path("log"), 3), IsOkAnd(ElementsAre("a", "b", "c")));
  const auto too_many = store_->ListFolders(Path("log"), 2);
  ASSERT_THAT(too_many, FailsWith(ErrorCode::kTooLarge));
  EXPECT_THAT(too_many.error().message, HasSubstr("log holds more than 2 folders"));
  EXPECT_THAT(too_many.error().detail, HasSubstr(Path("log")));
}

TEST_P(ObjectStoreContract, DirectoryWithoutFoldersHasNone) {
  Put("log/1");
  EXPECT_THAT(store_->ListFolders(Path("log"), 10), IsOkAnd(ElementsAre()));
  EXPECT_THAT(store_->ListFolders(Path("missing"), 10), IsOkAnd(ElementsAre()));
  EXPECT_THAT(store_->ListFolders(Path("log/1"), 10), IsOkAnd(ElementsAre()));
}

TEST_P(ObjectStoreContract, MissingDirectoryIsAnEmptyList) {
  EXPECT_THAT(Names(""), ElementsAre());
}

TEST_P(ObjectStoreContract, MissingObjectIsNotFoundByNameAndPath) {
  Put("log/1");
  for (const auto& error :
       {store_->Stat(Path("log/2")).error(), store_->ReadAll(Path("log/2"), kPlenty).error(),
        store_->Open(Path("log/2")).error()}) {
    EXPECT_EQ(error.code, ErrorCode::kNotFound);
    EXPECT_THAT(error.message, HasSubstr("2"));
    EXPECT_THAT(error.detail, HasSubstr(Path("log/2")));
  }
}

TEST_P(ObjectStoreContract, DirectoryIsNoObject) {
  Put("log/1");
  EXPECT_THAT(store_->Stat(Path("log")), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_->ReadAll(Path("log"), kPlenty), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_->Open(Path("log")), FailsWith(ErrorCode::kNotFound));
}

TEST_P(ObjectStoreContract, ObjectIsNeverReplaced) {
  Put("log/1", "first");
  EXPECT_THAT(store_->PutIfAbsent(Path("log/1"), "second"), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_THAT(store_->ReadAll(Path("log/1"), kPlenty), IsOkAnd(std::string("first")));
  EXPECT_THAT(Names(""), ElementsAre("1"));
}

TEST_P(ObjectStoreContract, OfManyThatPutAtOnceOneWins) {
  constexpr int kWriters = 4;
  std::vector<Result<void>> results(kWriters);
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back(
        [&, i] { results[i] = store_->PutIfAbsent(Path("log/1"), Format("{}", i)); });
  }
  for (std::thread& writer : writers) writer.join();
  int winner = -1;
  for (int i = 0; i < kWriters; ++i) {
    if (results[i].ok()) {
      EXPECT_EQ(std::exchange(winner, i), -1);
    } else {
      EXPECT_THAT(results[i], FailsWith(ErrorCode::kAlreadyExists));
    }
  }
  EXPECT_THAT(store_->ReadAll(Path("log/1"), kPlenty), IsOkAnd(Format("{}", winner)));
}

TEST_P(ObjectStoreContract, ReadAllKeepsItsBound) {
  Put("log/1", "12345");
  EXPECT_THAT(store_->ReadAll(Path("log/1"), 5), IsOk());
  EXPECT_THAT(store_->ReadAll(Path("log/1"), 4), FailsWith(ErrorCode::kTooLarge));
}

TEST_P(ObjectStoreContract, PartsAreReadWhereTheyLie) {
  Put("log/1", "0123456789");
  const auto object = store_->Open(Path("log/1"));
  ASSERT_THAT(object, IsOk());
  EXPECT_EQ((*object)->size_bytes(), 10U);
  std::string part(4, '\0');
  EXPECT_THAT((*object)->ReadAt(3, part), IsOk());
  EXPECT_EQ(part, "3456");
  EXPECT_THAT((*object)->ReadAt(6, part), IsOk());
  EXPECT_EQ(part, "6789");
  EXPECT_THAT((*object)->ReadAt(10, {}), IsOk());
}

TEST_P(ObjectStoreContract, ReadingPastTheEndIsRefused) {
  Put("log/1", "0123456789");
  const auto object = store_->Open(Path("log/1"));
  ASSERT_THAT(object, IsOk());
  std::string part(4, '\0');
  EXPECT_THAT((*object)->ReadAt(7, part), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT((*object)->ReadAt(~std::uint64_t{0}, part), FailsWith(ErrorCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(Backends, ObjectStoreContract, testing::ValuesIn(Backends()),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace sluice::storage
