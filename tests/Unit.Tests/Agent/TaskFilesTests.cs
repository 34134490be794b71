using Google.Protobuf;
using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;
using Action = SwarmOrleans.Contracts.AssignmentChange.Types.AssignmentAction;
using Type = SwarmOrleans.Contracts.AssignmentsMessage.Types.Type;

namespace SwarmOrleans.Tests.Unit.Agent;

/// <summary>Secrets and configs of a task as files of its node.</summary>
public sealed class TaskFilesTests : IDisposable
{
    private readonly string _root = Path.Combine(Directory.CreateTempSubdirectory("task-files-").FullName, "files");
    private readonly DependencySet _dependencies = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_root)!, recursive: true);

    [Fact]
    public async Task Write_MakesFilesThatOnlyThisUserReaches_WithTheirModes()
    {
        Give(SecretOf("s1", "hidden"), ConfigOf("c1", "shown"));
        var files = FilesOf(s =>
        {
            s.Secrets.Add(Reference("s1", "key"));
            s.Configs.Add(ConfigReference("c1", "/etc/app.conf", 0x1a0));
        });
        await files.WriteAsync(Stop);
        Assert.Equal(new TaskFile(Path.Combine(files.SecretsDirectory, "key"), "/run/secrets/key"), Assert.Single(files.Secrets));
        Assert.Equal("/etc/app.conf", Assert.Single(files.Configs).Target);
        Assert.Equal("hidden", await File.ReadAllTextAsync(files.Secrets[0].Path, Stop));
        Assert.Equal("shown", await File.ReadAllTextAsync(files.Configs[0].Path, Stop));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(files.Secrets[0].Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(files.Configs[0].Path));
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(Owner, File.GetUnixFileMode(_root));
        Assert.Equal(Owner, File.GetUnixFileMode(Path.GetDirectoryName(files.SecretsDirectory)!));
        await files.WriteAsync(Stop);
        files.Remove();
        Assert.Empty(Directory.GetFileSystemEntries(_root));
        files.Remove();
    }

    [Theory]
    [InlineData("../../escape", "/escape")]
    [InlineData("a/b", "/run/secrets/a/b")]
    [InlineData("..", "/run")]
    [InlineData("/abs", "/abs")]
    public async Task TargetsThatArePaths_StayInTheDirectoryHere(string target, string inside)
    {
        Give(SecretOf("s1", "hidden"));
        var files = FilesOf(s => s.Secrets.Add(Reference("s1", target)));
        await files.WriteAsync(Stop);
        Assert.Equal(inside, files.Secrets[0].Target);
        Assert.Equal(files.SecretsDirectory, Path.GetDirectoryName(Path.GetFullPath(files.Secrets[0].Path)));
        Assert.True(File.Exists(files.Secrets[0].Path));
    }

    [Fact]
    public async Task MissingSecret_IsWaitedFor_UntilAManagerHasSaidWhatThereIs()
    {
        var files = FilesOf(s => s.Secrets.Add(Reference("s1", "key")));
        var early = await Assert.ThrowsAsync<TaskException>(() => files.WriteAsync(Stop));
        Assert.True(early.IsTemporary);
        Give();
        var late = await Assert.ThrowsAsync<TaskException>(() => files.WriteAsync(Stop));
        Assert.Equal((false, "secret s1 is not on this node"), (late.IsTemporary, late.Message));
    }

    [Fact]
    public async Task Payloads_AreExpanded_AndMistakesRejectTheTask()
    {
        var (good, bad) = (ConfigOf("c1", "{{.Task.ID}} on {{.Node.Hostname}}"), ConfigOf("c2", "{{.Nothing}}"));
        good.Spec.Templating = bad.Spec.Templating = new Driver { Name = "golang" };
        Give(good, bad);
        var files = FilesOf(s => s.Configs.Add(ConfigReference("c1", "f", 0)));
        await files.WriteAsync(Stop);
        Assert.Equal("t1 on host", await File.ReadAllTextAsync(files.Configs[0].Path, Stop));
        var error = await Assert.ThrowsAsync<TaskException>(() => FilesOf(s => s.Configs.Add(ConfigReference("c2", "f", 0))).WriteAsync(Stop));
        Assert.StartsWith("failed to expand templated config c2:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dependencies_FollowTheMessages()
    {
        Give(SecretOf("s1", "a"), SecretOf("s2", "b"));
        Assert.Equal("a", _dependencies.Secret("s1")!.Spec.Data.ToStringUtf8());
        var removal = new AssignmentsMessage { Type = Type.Incremental };
        removal.Changes.Add(new AssignmentChange { Action = Action.Remove, Assignment = new Assignment { Secret = new Secret { Id = "s1" } } });
        _dependencies.Add(removal);
        _dependencies.Remove(removal);
        Assert.Null(_dependencies.Secret("s1"));
        Assert.NotNull(_dependencies.Secret("s2"));
        Give(SecretOf("s3", "c"));
        Assert.Null(_dependencies.Secret("s2"));
        Assert.NotNull(_dependencies.Secret("s3"));
    }

    [Fact]
    public async Task Inputs_ExpandTheSpec_OrRejectTheTask_AndKeepOnlyKnownTasks()
    {
        var inputs = new TaskInputs(_dependencies, _root, Describe);
        var task = TaskOf(s => s.Env.Add("A={{.Node.Hostname}}"));
        Assert.Equal("A=host", (await inputs.ExpandAsync(task, Stop)).Spec.Container.Env[0]);
        Assert.Equal("A={{.Node.Hostname}}", task.Spec.Container.Env[0]);
        var plain = TaskOf(_ => { });
        Assert.Same(plain, await inputs.ExpandAsync(plain, Stop));
        var error = await Assert.ThrowsAsync<TaskException>(() => inputs.ExpandAsync(TaskOf(s => s.Hostname = "{{.X}}"), Stop).AsTask());
        Assert.StartsWith("expanding hostname failed:", error.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(_root, "t1"));
        Directory.CreateDirectory(Path.Combine(_root, "gone"));
        inputs.KeepOnly(["t1"]);
        Assert.Equal("t1", Path.GetFileName(Assert.Single(Directory.GetDirectories(_root))));
    }

    private static Task<NodeDescription> Describe(CancellationToken cancellationToken) => Task.FromResult(new NodeDescription { Hostname = "host" });

    private static SwarmTask TaskOf(Action<ContainerSpec> change)
    {
        var task = new SwarmTask { Id = "t1", Spec = new TaskSpec { Container = new ContainerSpec { Image = "x" } } };
        change(task.Spec.Container);
        return task;
    }

    private static Secret SecretOf(string id, string data) => new() { Id = id, Spec = new SecretSpec { Data = ByteString.CopyFromUtf8(data) } };

    private static Config ConfigOf(string id, string data) => new() { Id = id, Spec = new ConfigSpec { Data = ByteString.CopyFromUtf8(data) } };

    private static SecretReference Reference(string id, string target) => new() { SecretId = id, SecretName = id, File = new FileTarget { Name = target } };

    private static ConfigReference ConfigReference(string id, string target, uint mode) =>
        new() { ConfigId = id, ConfigName = id, File = new FileTarget { Name = target, Mode = mode } };

    private TaskFiles FilesOf(Action<ContainerSpec> change) => new TaskInputs(_dependencies, _root, Describe).FilesOf(TaskOf(change));

    private void Give(params IMessage[] items)
    {
        var message = new AssignmentsMessage { Type = Type.Complete };
        foreach (var item in items)
        {
            var assignment = item is Secret secret ? new Assignment { Secret = secret } : new Assignment { Config = (Config)item };
            message.Changes.Add(new AssignmentChange { Action = Action.Update, Assignment = assignment });
        }

        _dependencies.Add(message);
        _dependencies.Remove(message);
    }
}
