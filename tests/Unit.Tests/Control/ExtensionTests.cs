using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Store;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;
using Extension = SwarmOrleans.Contracts.Extension;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Extensions and resources through the control API (API-32).</summary>
public sealed class ExtensionTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task AT_API_39_Extensions_HaveAName_OfTheirOwn()
    {
        await InvalidAsync("extension name must be provided", () => _world.Extensions.CreateAsync(null, "", Stop));
        await InvalidAsync("extension name must be provided", () => ExtensionAsync(""));
        var extension = await _world.Extensions.CreateAsync(new Annotations { Name = "kind" }, "about", Stop);
        Assert.Equal(("kind", "about"), (extension.Annotations.Name, extension.Description));
        Assert.Equal(extension, await _world.Extensions.GetAsync(extension.Id, Stop));
        await RefusedAsync(UseCaseError.AlreadyExists, "extension Kind already exists", () => ExtensionAsync("Kind"));
        await RefusedAsync(UseCaseError.AlreadyExists, "extension task already exists", () => ExtensionAsync("task"));
        await InvalidAsync("extension ID must be provided", () => _world.Extensions.GetAsync("", Stop));
        await RefusedAsync(UseCaseError.NotFound, "extension nothing not found", () => _world.Extensions.GetAsync("nothing", Stop));
    }

    [Fact]
    public async Task AT_API_39_Extension_StaysWhileThereAreResourcesOfItsKind()
    {
        var extension = await ExtensionAsync("kind");
        for (var i = 0; i < 12; i++)
        {
            await ResourceAsync($"r{i:00}");
        }

        await InvalidAsync(
            "extension 'kind' is in use by the following resources: r00, r01, r02, r03, r04, r05, r06, r07, r08, r09",
            () => _world.Extensions.RemoveAsync(extension.Id, Stop));
        var result = await _world.Store.CommitAsync(
            new StoreTransaction().RequireUnreferenced(ObjectKind.Extension, extension.Id).Remove<Extension>(extension.Id), Stop);
        Assert.Equal(ConflictReason.StillReferenced, result.Conflict!.Reason);
        foreach (var resource in await _world.Resources.ListAsync(null, Stop))
        {
            await _world.Resources.RemoveAsync(resource.Id, Stop);
        }

        await _world.Extensions.RemoveAsync(extension.Id, Stop);
        await RefusedAsync(UseCaseError.NotFound, "not found", () => _world.Extensions.RemoveAsync(extension.Id, Stop));
        await InvalidAsync("extension ID must be provided", () => _world.Extensions.RemoveAsync("", Stop));
    }

    [Fact]
    public async Task AT_API_39_Resources_NeedANameAndARegisteredKind()
    {
        await InvalidAsync("Resource must have a name", () => _world.Resources.CreateAsync(null, "kind", null, Stop));
        await InvalidAsync("Resource must have a name", () => ResourceAsync(""));
        await InvalidAsync("Resource must belong to an Extension", () => ResourceAsync("r", ""));
        await InvalidAsync("Kind kind is not registered", () => ResourceAsync("r"));
        await ExtensionAsync("kind");
        var resource = await ResourceAsync("r");
        Assert.Equal(resource, await _world.Resources.GetAsync(resource.Id, Stop));
        await RefusedAsync(UseCaseError.AlreadyExists, "A resource with name r already exists", () => ResourceAsync("r"));
        await InvalidAsync("resource ID must be present", () => _world.Resources.GetAsync("", Stop));
        await RefusedAsync(UseCaseError.NotFound, "resource nothing not found", () => _world.Resources.RemoveAsync("nothing", Stop));
    }

    [Fact]
    public async Task AT_API_39_ResourceUpdates_KeepTheName()
    {
        await ExtensionAsync("kind");
        var resource = await ResourceAsync("r");
        await InvalidAsync("must be present", () => _world.Resources.UpdateAsync("", resource.Meta.Version, null, null, Stop));
        await InvalidAsync("must be present", () => _world.Resources.UpdateAsync(resource.Id, null, null, null, Stop));
        await InvalidAsync("cannot change resource name", () => _world.Resources.UpdateAsync(
            resource.Id, resource.Meta.Version, new Annotations { Name = "other" }, null, Stop));
        var payload = new Any { TypeUrl = "x", Value = ByteString.CopyFromUtf8("new") };
        var updated = await _world.Resources.UpdateAsync(resource.Id, resource.Meta.Version, null, payload, Stop);
        Assert.Equal((payload, "r"), (updated.Payload, updated.Annotations.Name));
        await InvalidAsync("update out of sequence", () => _world.Resources.UpdateAsync(resource.Id, resource.Meta.Version, null, payload, Stop));
        var labelled = await _world.Resources.UpdateAsync(
            resource.Id, updated.Meta.Version, new Annotations { Name = "r", Labels = { ["a"] = "b" } }, null, Stop);
        Assert.Equal((payload, "b"), (labelled.Payload, labelled.Annotations.Labels["a"]));
    }

    [Fact]
    public async Task AT_API_39_Resources_AreListedByKindAndLabels()
    {
        await ExtensionAsync("kind");
        await ExtensionAsync("other");
        await ResourceAsync("one");
        await ResourceAsync("two", label: "x");
        await ResourceAsync("three", "other", "x");
        await IsAsync(["one", "three", "two"], null);
        await IsAsync(["one", "two"], new() { Kind = "kind" });
        await IsAsync(["two"], new() { Kind = "kind", Labels = { ["x"] = "" } });
        await IsAsync(["three", "two"], new() { Labels = { ["x"] = "" } });
        await IsAsync(["one", "three"], new() { Names = { "one" }, NamePrefixes = { "th" } });
        await IsAsync([], new() { Kind = "nothing" });
    }

    private Task<Extension> ExtensionAsync(string name) => _world.Extensions.CreateAsync(new Annotations { Name = name }, "", Stop);

    private Task<Resource> ResourceAsync(string name, string kind = "kind", string? label = null)
    {
        var annotations = new Annotations { Name = name };
        if (label is not null)
        {
            annotations.Labels[label] = "";
        }

        return _world.Resources.CreateAsync(annotations, kind, null, Stop);
    }

    private async Task IsAsync(string[] names, ListResourcesRequest.Types.Filters? filters) =>
        Assert.Equal(names, (await _world.Resources.ListAsync(filters, Stop)).Select(r => r.Annotations.Name).Order());
}
