using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Store;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Secrets and configs that services refer to (API-8, API-9, API-17).</summary>
public sealed class FileReferenceTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    internal static SecretReference To(Secret secret, string file) =>
        new() { SecretId = secret.Id, SecretName = secret.Spec.Annotations.Name, File = new FileTarget { Name = file } };

    internal static ConfigReference To(Config config, string file) =>
        new() { ConfigId = config.Id, ConfigName = config.Spec.Annotations.Name, File = new FileTarget { Name = file } };

    [Fact]
    public async Task AT_API_13_SecretReferences_MustHold()
    {
        var (one, two) = (await _world.CreateSecretAsync("one"), await _world.CreateSecretAsync("two"));
        await RefusedAsync("secret not found: gone", new SecretReference { SecretId = "unknown", SecretName = "gone", File = new FileTarget { Name = "f" } });
        await RefusedAsync("secret not found: other", new SecretReference { SecretId = one.Id, SecretName = "other", File = new FileTarget { Name = "f" } });
        await RefusedAsync(
            "secrets not found: a, b",
            new SecretReference { SecretId = "x", SecretName = "a", File = new FileTarget { Name = "1" } },
            new SecretReference { SecretId = "y", SecretName = "b", File = new FileTarget { Name = "2" } });
        await RefusedAsync("secret references 'one' and 'two' have a conflicting target: 'f'", To(one, "f"), To(two, "f"));
        await RefusedAsync("have a conflicting target", To(one, "f"), To(one, "f"));
        await RefusedAsync("invalid target file name", To(one, ""));
        await RefusedAsync("invalid target file name", To(one, "  "));
        await RefusedAsync("malformed secret reference", new SecretReference { SecretName = "one", File = new FileTarget { Name = "f" } });
        await RefusedAsync("malformed secret reference", new SecretReference { SecretId = one.Id, File = new FileTarget { Name = "f" } });
        await RefusedAsync("no target provided", new SecretReference { SecretId = one.Id, SecretName = "one" });
        var service = await _world.CreateServiceAsync(change: s => s.Task.Container.Secrets.Add(
            [To(one, "f"), To(one, "g"), To(two, "../x"), To(two, "/x/y"), To(two, "file with spaces")]));
        await InvalidAsync("conflicting target", () => _world.UpdateServiceAsync(service, s => s.Task.Container.Secrets.Add(To(two, "f"))));
    }

    [Fact]
    public async Task AT_API_14_ConfigReferences_MustHold()
    {
        var (one, two) = (await _world.CreateConfigAsync("one"), await _world.CreateConfigAsync("two"));
        await RefusedAsync("config not found: gone", new ConfigReference { ConfigId = "unknown", ConfigName = "gone", File = new FileTarget { Name = "f" } });
        await RefusedAsync("config not found: other", new ConfigReference { ConfigId = one.Id, ConfigName = "other", File = new FileTarget { Name = "f" } });
        await RefusedAsync("config references 'one' and 'two' have a conflicting target: 'f'", To(one, "f"), To(two, "f"));
        await RefusedAsync("invalid target file name", To(one, ""));
        await RefusedAsync("no target provided", new ConfigReference { ConfigId = one.Id, ConfigName = "one" });
        var service = await _world.CreateServiceAsync(change: s => s.Task.Container.Configs.Add([To(one, "f"), To(one, "g"), To(two, "/x/y")]));
        await InvalidAsync("conflicting target", () => _world.UpdateServiceAsync(service, s => s.Task.Container.Configs.Add(To(two, "f"))));
    }

    [Fact]
    public async Task AT_API_14_CredentialSpecs_NeedARuntimeReference()
    {
        var config = await _world.CreateConfigAsync("one");
        var credentials = new Privileges { CredentialSpec = new Privileges.Types.CredentialSpec { Config = config.Id } };
        await InvalidAsync("isn't in config references with RuntimeTarget", () => _world.CreateServiceAsync(change: s => s.Task.Container.Privileges = credentials));
        await InvalidAsync("isn't in config references with RuntimeTarget", () => _world.CreateServiceAsync(change: s =>
        {
            s.Task.Container.Privileges = credentials;
            s.Task.Container.Configs.Add(To(config, "f"));
        }));
        await _world.CreateServiceAsync(change: s =>
        {
            s.Task.Container.Privileges = credentials;
            s.Task.Container.Configs.Add(new ConfigReference { ConfigId = config.Id, ConfigName = "one", Runtime = new RuntimeTarget() });
        });
    }

    [Fact]
    public async Task ASecretThatGoesWhileAServiceIsCreated_IsMissed()
    {
        var secret = await _world.CreateSecretAsync("key");
        var spec = Spec(change: s => s.Task.Container.Secrets.Add(To(secret, "key")));
        var removal = _world.Secrets.RemoveAsync(secret.Id, Stop);
        var creation = _world.Services.CreateAsync(spec, Stop);
        await Task.WhenAny(Task.WhenAll(removal, creation));
        var view = _world.Store.Current;
        Assert.True(view.Find<Secret>(secret.Id) is not null || view.Count<Service>() == 0, "a service refers to a secret that is not there");
        Assert.NotEqual(removal.IsCompletedSuccessfully, creation.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task TheTransaction_DecidesOnReferences_NotTheLookBefore()
    {
        var secret = await _world.CreateSecretAsync("key");
        await _world.CreateServiceAsync(change: s => s.Task.Container.Secrets.Add(To(secret, "key")));
        var result = await _world.Store.CommitAsync(new StoreTransaction().RequireUnreferenced(ObjectKind.Secret, secret.Id).Remove<Secret>(secret.Id), Stop);
        Assert.Equal(ConflictReason.StillReferenced, result.Conflict!.Reason);
    }

    private Task RefusedAsync(string message, params SecretReference[] references) =>
        InvalidAsync(message, () => _world.CreateServiceAsync(change: s => s.Task.Container.Secrets.Add(references)));

    private Task RefusedAsync(string message, params ConfigReference[] references) =>
        InvalidAsync(message, () => _world.CreateServiceAsync(change: s => s.Task.Container.Configs.Add(references)));
}
