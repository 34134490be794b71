using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Secrets and configs through the control API (API-3, API-26, API-27).</summary>
public sealed class SecretTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    public static TheoryData<string> BadNames =>
    [
        "", ".", "-", "_", ".name", "-name", "_name", "name.", "name-", "name_", "na me", " name", "name ", "na@me", "na:me", "na;me", "na!me", "näme", "name\n",
        new string('a', 65),
    ];

    public static TheoryData<string> GoodNames => ["n", "0", "name", "n.a-m_e", "n..e", "NAME", new string('a', 64)];

    [Theory]
    [MemberData(nameof(BadNames))]
    public async Task AT_API_25_BadNames_AreRefused(string name)
    {
        await InvalidAsync("invalid name", () => _world.CreateSecretAsync(name));
        await InvalidAsync("invalid name", () => _world.CreateConfigAsync(name));
    }

    [Theory]
    [MemberData(nameof(GoodNames))]
    public async Task AT_API_25_GoodNames_AreAccepted(string name)
    {
        Assert.Equal(name, (await _world.CreateSecretAsync(name)).Spec.Annotations.Name);
        Assert.Equal(name, (await _world.CreateConfigAsync(name)).Spec.Annotations.Name);
    }

    [Fact]
    public async Task AT_API_25_Data_HasASize()
    {
        await InvalidAsync("a secret spec must be given", () => _world.Secrets.CreateAsync(null, Stop));
        await InvalidAsync("secret data must be larger than 0 and less than 512000 bytes", () => _world.CreateSecretAsync("a", ""));
        await InvalidAsync("less than 512000 bytes", () => _world.CreateSecretAsync("a", new string('x', 512000)));
        await _world.CreateSecretAsync("a", new string('x', 511999));
        await InvalidAsync("a config spec must be given", () => _world.Configs.CreateAsync(null, Stop));
        await InvalidAsync("config data must be larger than 0 and less than 1024000 bytes", () => _world.CreateConfigAsync("a", ""));
        await InvalidAsync("less than 1024000 bytes", () => _world.CreateConfigAsync("a", new string('x', 1024000)));
        await _world.CreateConfigAsync("a", new string('x', 1023999));
        await _world.Secrets.CreateAsync(new SecretSpec { Annotations = new Annotations { Name = "b" }, Data = ByteString.CopyFrom(0, 255, 7) }, Stop);
        await InvalidAsync("secret driver must have a name", () => _world.Secrets.CreateAsync(
            new SecretSpec { Annotations = new Annotations { Name = "c" }, Driver = new Driver() }, Stop));
    }

    [Fact]
    public async Task AT_API_26_SecretData_NeverComesBack()
    {
        var created = await _world.CreateSecretAsync("key", "hidden");
        Assert.Empty(created.Spec.Data);
        Assert.Empty((await _world.Secrets.GetAsync(created.Id, Stop)).Spec.Data);
        Assert.Empty(Assert.Single(await _world.Secrets.ListAsync(null, Stop)).Spec.Data);
        var spec = new SecretSpec { Annotations = new Annotations { Name = "key", Labels = { ["a"] = "b" } } };
        var updated = await _world.Secrets.UpdateAsync(created.Id, created.Meta.Version, spec, Stop);
        Assert.Equal(("b", 0), (updated.Spec.Annotations.Labels["a"], updated.Spec.Data.Length));
        Assert.Equal("hidden", _world.Store.Current.Find<Secret>(created.Id)!.Spec.Data.ToStringUtf8());
    }

    [Fact]
    public async Task AT_API_26_SecretUpdates_ChangeLabelsOnly()
    {
        var secret = await _world.CreateSecretAsync("key");
        await InvalidAsync("secret_version and spec", () => _world.Secrets.UpdateAsync(secret.Id, null, new SecretSpec(), Stop));
        await InvalidAsync("secret_version and spec", () => _world.Secrets.UpdateAsync(secret.Id, secret.Meta.Version, null, Stop));
        await InvalidAsync("only updates to Labels are allowed", () => UpdateAsync(secret, s => s.Annotations.Name = "other"));
        await InvalidAsync("only updates to Labels are allowed", () => UpdateAsync(secret, s => s.Data = ByteString.CopyFromUtf8("new")));
        await RefusedAsync(UseCaseError.NotFound, "secret nothing not found", () => _world.Secrets.UpdateAsync("nothing", secret.Meta.Version, secret.Spec, Stop));
        var updated = await UpdateAsync(secret, s => s.Data = ByteString.CopyFromUtf8("hidden"));
        await RefusedAsync(UseCaseError.FailedPrecondition, "update out of sequence", () => UpdateAsync(secret, s => s.Annotations.Labels["x"] = "y"));
        await UpdateAsync(updated, s => s.Annotations.Labels["x"] = "y");
    }

    [Fact]
    public async Task AT_API_26_SecretInUse_IsNotRemoved_AnotherIs()
    {
        var (used, unused) = (await _world.CreateSecretAsync("used"), await _world.CreateSecretAsync("unused"));
        await _world.CreateServiceAsync("b", s => s.Task.Container.Secrets.Add(FileReferenceTests.To(used, "f")));
        await InvalidAsync("secret 'used' is in use by the following service: b", () => _world.Secrets.RemoveAsync(used.Id, Stop));
        var a = await _world.CreateServiceAsync("a", s => s.Task.Container.Secrets.Add(FileReferenceTests.To(used, "f")));
        await InvalidAsync("secret 'used' is in use by the following services: a, b", () => _world.Secrets.RemoveAsync(used.Id, Stop));
        await InvalidAsync("secret ID must be provided", () => _world.Secrets.RemoveAsync("", Stop));
        await RefusedAsync(UseCaseError.NotFound, "secret nothing not found", () => _world.Secrets.RemoveAsync("nothing", Stop));
        await _world.Secrets.RemoveAsync(unused.Id, Stop);
        await RefusedAsync(UseCaseError.AlreadyExists, "secret used already exists", () => _world.CreateSecretAsync("used"));
        Assert.NotNull(_world.Store.Current.Find<Service>(a.Id));
    }

    [Fact]
    public async Task Secret_ThatOnlyAnOldTaskWasMadeFrom_IsRemoved()
    {
        var secret = await _world.CreateSecretAsync("key");
        var service = await _world.CreateServiceAsync(change: s => s.Task.Container.Secrets.Add(FileReferenceTests.To(secret, "f")));
        await _world.CreateAsync(TaskOf(service, "t1", TaskState.Shutdown, TaskState.Shutdown));
        await _world.UpdateServiceAsync(service, s => s.Task.Container.Secrets.Clear());
        await _world.Secrets.RemoveAsync(secret.Id, Stop);
        Assert.Null(_world.Store.Current.Find<Secret>(secret.Id));
    }

    [Fact]
    public async Task AT_API_26_SecretLists_AreFiltered()
    {
        var names = new[] { "alpha", "beta", "gamma" };
        foreach (var name in names)
        {
            await _world.Secrets.CreateAsync(
                new SecretSpec { Annotations = new Annotations { Name = name, Labels = { ["n"] = name, ["all"] = "" } }, Data = ByteString.CopyFromUtf8("x") }, Stop);
        }

        await _world.CreateAsync(new Secret { Id = "internal", Internal = true, Spec = new SecretSpec { Annotations = new Annotations { Name = "zeta" } } });
        var beta = (await _world.Secrets.ListAsync(new() { Names = { "beta" } }, Stop))[0];
        await IsAsync(names, null);
        await IsAsync(["alpha", "beta"], new() { Names = { "alpha" }, IdPrefixes = { beta.Id } });
        await IsAsync(["alpha", "beta"], new() { Names = { "alpha" }, NamePrefixes = { "be" } });
        await IsAsync(["beta"], new() { IdPrefixes = { beta.Id[..8] } });
        await IsAsync(["beta"], new() { Names = { "alpha", "beta" }, Labels = { ["n"] = "beta" } });
        await IsAsync(names, new() { Labels = { ["all"] = "" } });
        await IsAsync([], new() { Labels = { ["none"] = "" } });
    }

    [Fact]
    public async Task AT_API_26_Configs_AreShown_AndOtherwiseAsSecrets()
    {
        var config = await _world.CreateConfigAsync("file", "shown");
        Assert.Equal("shown", (await _world.Configs.GetAsync(config.Id, Stop)).Spec.Data.ToStringUtf8());
        await RefusedAsync(UseCaseError.AlreadyExists, "config file already exists", () => _world.CreateConfigAsync("file"));
        var changed = config.Spec.Clone();
        changed.Data = ByteString.CopyFromUtf8("new");
        await InvalidAsync("only updates to Labels are allowed", () => _world.Configs.UpdateAsync(config.Id, config.Meta.Version, changed, Stop));
        var labelled = new ConfigSpec { Annotations = new Annotations { Name = "file", Labels = { ["a"] = "b" } } };
        var updated = await _world.Configs.UpdateAsync(config.Id, config.Meta.Version, labelled, Stop);
        Assert.Equal(("shown", "b"), (updated.Spec.Data.ToStringUtf8(), updated.Spec.Annotations.Labels["a"]));
        var service = await _world.CreateServiceAsync(change: s => s.Task.Container.Configs.Add(FileReferenceTests.To(config, "f")));
        await InvalidAsync("config 'file' is in use by the following service: web", () => _world.Configs.RemoveAsync(config.Id, Stop));
        await _world.RemoveServiceAsync(service.Id);
        await _world.Configs.RemoveAsync(config.Id, Stop);
        Assert.Empty(await _world.Configs.ListAsync(null, Stop));
    }

    [Fact]
    public async Task Differences_TemplatesThatNoTaskCouldUse_AndDrivers_AreRefused()
    {
        await InvalidAsync("unrecognized template type", () => CreateAsync("a", "x", "jinja"));
        await InvalidAsync("unclosed action", () => CreateAsync("a", "{{ .Service", "golang"));
        await CreateAsync("a", "{{ .Service.Name }}", "golang");
        await RefusedAsync(UseCaseError.Unimplemented, "secret drivers are not served", () => _world.Secrets.CreateAsync(
            new SecretSpec { Annotations = new Annotations { Name = "c" }, Driver = new Driver { Name = "vault" } }, Stop));
    }

    private Task<Config> CreateAsync(string name, string data, string templating) => _world.Configs.CreateAsync(
        new ConfigSpec { Annotations = new Annotations { Name = name }, Data = ByteString.CopyFromUtf8(data), Templating = new Driver { Name = templating } }, Stop);

    private Task<Secret> UpdateAsync(Secret secret, Action<SecretSpec> change)
    {
        var spec = secret.Spec.Clone();
        change(spec);
        return _world.Secrets.UpdateAsync(secret.Id, secret.Meta.Version, spec, Stop);
    }

    private async Task IsAsync(string[] names, ListSecretsRequest.Types.Filters? filters) =>
        Assert.Equal(names, (await _world.Secrets.ListAsync(filters, Stop)).Select(s => s.Spec.Annotations.Name).Order());
}
