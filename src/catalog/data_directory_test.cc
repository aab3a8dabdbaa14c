#include "catalog/data_directory.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/testing.h"
#include "http/socket.h"

namespace sluice::catalog {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr char kEndpoint[] = "http://127.0.0.1:8080/delta-sharing";

class DataDirectoryTest : public testing::Test {
 protected:
  DataDirectoryTest() {
    std::string pattern = testing::TempDir() + "sluice-data-XXXXXX";
    top_ = mkdtemp(pattern.data());
    path_ = top_ + "/state/sluice-data";
  }
  ~DataDirectoryTest() override { fs::remove_all(top_); }

  std::unique_ptr<DataDirectory> Open() { return std::move(DataDirectory::Open(path_).value()); }

  std::string Read(const std::string& file) {
    std::stringstream text;
    text << std::ifstream(path_ + "/" + file).rdbuf();
    return text.str();
  }

  static unsigned ModeOf(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777;
  }

  std::string top_;
  std::string path_;
};

TEST_F(DataDirectoryTest, IsMadeForItsOwnerAlone) {
  const auto data = Open();
  EXPECT_EQ(ModeOf(path_), 0700u);
  ASSERT_THAT(data->MasterKeys(), IsOk());
  ASSERT_THAT(data->AdminToken(), IsOk());
  ASSERT_THAT(data->ProfileFor("me", kEndpoint), IsOk());
  for (const char* file : {"master.key", "admin.token", "me.share"}) {
    EXPECT_EQ(ModeOf(path_ + "/" + file), 0600u) << file;
  }
}

TEST_F(DataDirectoryTest, SecretsOutliveTheServer) {
  const std::string key = Open()->MasterKeys().value().newest().Reveal();
  const std::string token = Open()->AdminToken().value().Reveal();
  EXPECT_EQ(key.size(), 32u);
  EXPECT_EQ(Open()->MasterKeys().value().newest().Reveal(), key);
  EXPECT_EQ(Open()->AdminToken().value().Reveal(), token);
  EXPECT_NE(key, token);
}

TEST_F(DataDirectoryTest, TwoServersCannotShareIt) {
  const auto first = Open();
  const auto second = DataDirectory::Open(path_);
  ASSERT_THAT(second, FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_THAT(second.error().message, HasSubstr("--data-dir"));
}

TEST_F(DataDirectoryTest, LockEndsWithTheServer) {
  Open();
  EXPECT_THAT(DataDirectory::Open(path_), IsOk());
}

TEST_F(DataDirectoryTest, ProfileIsWrittenOnce) {
  const auto created = Open()->ProfileFor("me", kEndpoint);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->change, StoredProfile::Change::kCreated);
  EXPECT_EQ(created->path, path_ + "/me.share");
  EXPECT_EQ(created->token.Reveal().size(), 43u);
  EXPECT_EQ(Read("me.share"),
            "{\"shareCredentialsVersion\":1,\"endpoint\":\"http://127.0.0.1:8080/delta-sharing\","
            "\"bearerToken\":\"" +
                created->token.Reveal() + "\"}\n");

  const auto kept = Open()->ProfileFor("me", kEndpoint);
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(kept->change, StoredProfile::Change::kKept);
  EXPECT_EQ(kept->token.Reveal(), created->token.Reveal());
}

TEST_F(DataDirectoryTest, NewEndpointKeepsTheToken) {
  const auto data = Open();
  const std::string token = data->ProfileFor("me", kEndpoint).value().token.Reveal();
  const auto moved = data->ProfileFor("me", "https://sharing.example.com/delta-sharing");
  ASSERT_THAT(moved, IsOk());
  EXPECT_EQ(moved->change, StoredProfile::Change::kEndpointRewritten);
  EXPECT_EQ(moved->token.Reveal(), token);
  EXPECT_THAT(Read("me.share"), HasSubstr("https://sharing.example.com/delta-sharing"));
}

TEST_F(DataDirectoryTest, BrokenProfileIsNamedAndKept) {
  const auto data = Open();
  ASSERT_THAT(data->ProfileFor("me", kEndpoint), IsOk());
  for (const char* text : {"", "{", "[]", "{\"endpoint\":\"x\"}", "{\"bearerToken\":\"t\"}",
                           "{\"endpoint\":1,\"bearerToken\":\"t\"}"}) {
    std::ofstream(path_ + "/me.share") << text;
    const auto broken = data->ProfileFor("me", kEndpoint);
    ASSERT_THAT(broken, FailsWith(ErrorCode::kCorruptData)) << text;
    EXPECT_THAT(broken.error().message, HasSubstr("me.share"));
    EXPECT_EQ(Read("me.share"), text);
  }
}

TEST_F(DataDirectoryTest, SecretsThatOthersMayReadAreRefused) {
  const auto data = Open();
  ASSERT_THAT(data->ProfileFor("me", kEndpoint), IsOk());
  fs::permissions(path_ + "/me.share", fs::perms::others_read, fs::perm_options::add);
  EXPECT_THAT(data->ProfileFor("me", kEndpoint), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(DataDirectoryTest, FolderThatOthersMayWriteToIsRefused) {
  fs::create_directories(path_);
  fs::permissions(path_, fs::perms::all);
  EXPECT_THAT(DataDirectory::Open(path_), FailsWith(ErrorCode::kPermissionDenied));
}

TEST_F(DataDirectoryTest, PortsFileLivesAsLongAsTheServer) {
  auto data = Open();
  ASSERT_THAT(data->WritePorts({.recipients = 8080, .admin = 8081}), IsOk());
  EXPECT_EQ(Read("ports.json"), "{\"recipients\":8080,\"admin\":8081}\n");
  ASSERT_THAT(data->WritePorts({.recipients = 1, .admin = 2, .files = 3}), IsOk());
  EXPECT_EQ(Read("ports.json"), "{\"recipients\":1,\"admin\":2,\"files\":3}\n");
  data.reset();
  EXPECT_FALSE(fs::exists(path_ + "/ports.json"));
}

TEST_F(DataDirectoryTest, PortsCanBeReadWhileTheServerRuns) {
  EXPECT_THAT(ReadPorts(path_), FailsWith(ErrorCode::kUnavailable));
  auto data = Open();
  ASSERT_THAT(data->WritePorts({.recipients = 1, .admin = 2, .files = 3}), IsOk());
  EXPECT_THAT(ReadPorts(path_), FailsWith(ErrorCode::kUnavailable)) << "nobody listens";
  const auto socket = http::Listen("unix:" + data->PathOf(kOwnerSocketFile));
  ASSERT_THAT(socket, IsOk());
  const auto ports = ReadPorts(path_);
  ASSERT_THAT(ports, IsOk());
  EXPECT_EQ(ports->recipients, 1);
  EXPECT_EQ(ports->admin, 2);
  EXPECT_EQ(ports->files, 3);
  for (const char* text :
       {"", "[]", "{}", "{\"admin\":0}", "{\"admin\":70000}", "{\"admin\":\"x\"}"}) {
    ASSERT_THAT(data->WriteFile("ports.json", text), IsOk());
    EXPECT_THAT(ReadPorts(path_), FailsWith(ErrorCode::kCorruptData)) << text;
  }
}

TEST_F(DataDirectoryTest, FileInItsPlaceIsAnError) {
  fs::create_directories(top_ + "/state");
  std::ofstream(path_) << "x";
  EXPECT_THAT(DataDirectory::Open(path_), FailsWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace sluice::catalog
