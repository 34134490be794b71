using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>The cluster's settings through the control API (API-30).</summary>
public sealed class ClusterTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task AT_API_33_SettingsOutOfRange_AreRefused()
    {
        var cluster = await CreateAsync();
        await InvalidAsync("a cluster spec must be given", () => _world.Clusters.UpdateAsync(cluster.Id, cluster.Meta.Version, null, null, Stop));
        await InvalidAsync("cluster_id and cluster_version", () => _world.Clusters.UpdateAsync(cluster.Id, null, cluster.Spec, null, Stop));
        await InvalidAsync("minimum certificate expiry time is 1h0m0s", () => UpdateAsync(s => s.CaConfig = new CAConfig { NodeCertExpiry = Minutes(29) }));
        await InvalidAsync("heartbeat time period cannot be a negative duration", () => UpdateAsync(s => s.Dispatcher = new DispatcherConfig { HeartbeatPeriod = Minutes(-1) }));
        await InvalidAsync("modification of cluster name is not allowed", () => UpdateAsync(s => s.Annotations.Name = "other"));
        await InvalidAsync("modification of cluster name is not allowed", () => UpdateAsync(s => s.Annotations = null));
#pragma warning disable CS0612 // Old clients still send it.
        await InvalidAsync("only bcrypt", () => UpdateAsync(s => s.AcceptancePolicy = new AcceptancePolicy
        {
            Policies = { new AcceptancePolicy.Types.RoleAdmissionPolicy { Secret = new() { Alg = "plain" } } },
        }));
#pragma warning restore CS0612
        await UpdateAsync(s => s.CaConfig = new CAConfig { NodeCertExpiry = Minutes(60) });
    }

    [Fact]
    public async Task AT_API_34_Update_ReplacesTheSpec_IfItsVersionIsOfNow()
    {
        var cluster = await CreateAsync();
        var updated = await UpdateAsync(s => s.Orchestration = new OrchestrationConfig { TaskHistoryRetentionLimit = 9 });
        Assert.Equal(9, updated.Spec.Orchestration.TaskHistoryRetentionLimit);
        Assert.Equal(cluster.RootCa.JoinTokens, updated.RootCa.JoinTokens);
        await RefusedAsync(UseCaseError.FailedPrecondition, "update out of sequence", () => _world.Clusters.UpdateAsync(
            cluster.Id, cluster.Meta.Version, cluster.Spec, null, Stop));
        await RefusedAsync(UseCaseError.NotFound, "cluster nothing not found", () => _world.Clusters.UpdateAsync(
            "nothing", cluster.Meta.Version, cluster.Spec, null, Stop));
    }

    [Fact]
    public async Task AT_API_34_RotateToken_ChangesTheOneThatIsAsked()
    {
        var before = await CreateAsync();
        var worker = await RotateAsync(new KeyRotation { WorkerJoinToken = true });
        Assert.NotEqual(before.RootCa.JoinTokens.Worker, worker.RootCa.JoinTokens.Worker);
        Assert.Equal(before.RootCa.JoinTokens.Manager, worker.RootCa.JoinTokens.Manager);
        var manager = await RotateAsync(new KeyRotation { ManagerJoinToken = true });
        Assert.Equal(worker.RootCa.JoinTokens.Worker, manager.RootCa.JoinTokens.Worker);
        Assert.NotEqual(worker.RootCa.JoinTokens.Manager, manager.RootCa.JoinTokens.Manager);
        Assert.Equal(worker.RootCa.JoinTokens.Worker.Split('-')[2], manager.RootCa.JoinTokens.Manager.Split('-')[2]);
    }

    [Fact]
    public async Task AT_API_34_Keys_NeverLeave()
    {
        var stored = await CreateAsync();
        foreach (var shown in new[] { stored, Assert.Single(await _world.Clusters.ListAsync(null, Stop)), await UpdateAsync(_ => { }) })
        {
            Assert.DoesNotContain("hidden", shown.ToString(), StringComparison.Ordinal);
            Assert.Empty(shown.RootCa.CaKey);
            Assert.Empty(shown.RootCa.RootRotation.CaKey);
            Assert.Empty(shown.Spec.CaConfig.SigningCaKey);
            Assert.Empty(shown.UnlockKeys);
            Assert.Empty(shown.NetworkBootstrapKeys);
            Assert.NotEmpty(shown.RootCa.JoinTokens.Worker);
        }

        Assert.NotEmpty(_world.Store.Current.Cluster!.UnlockKeys);
        await InvalidAsync("cluster_id", () => _world.Clusters.GetAsync("", Stop));
    }

    [Fact]
    public async Task AddressSettingsThatAreNotGiven_ShowTheirMeaning()
    {
        var shown = await CreateAsync();
        Assert.Equal(("10.0.0.0/8", 24U, 4789U), (Assert.Single(shown.DefaultAddressPool), shown.SubnetSize, shown.VXLANUDPPort));
        Assert.Empty(_world.Store.Current.Cluster!.DefaultAddressPool);
    }

    [Fact]
    public async Task AT_API_34_ExpiredEntriesOfTheBlacklist_AreDropped()
    {
        await CreateAsync(c =>
        {
            c.BlacklistedCertificates["old"] = new BlacklistedCertificate { Expiry = Timestamp.FromDateTimeOffset(_world.Time.GetUtcNow() - TimeSpan.FromDays(1)) };
            c.BlacklistedCertificates["new"] = new BlacklistedCertificate { Expiry = Timestamp.FromDateTimeOffset(_world.Time.GetUtcNow() + TimeSpan.FromDays(1)) };
        });
        Assert.Equal("new", Assert.Single((await UpdateAsync(_ => { })).BlacklistedCertificates).Key);
    }

    [Fact]
    public async Task Differences_WhatNothingWouldActOn_IsRefused()
    {
        await CreateAsync();
        await RefusedAsync(UseCaseError.Unimplemented, "autolock is not served", () => RotateAsync(new KeyRotation { ManagerUnlockKey = true }));
        await RefusedAsync(UseCaseError.Unimplemented, "autolock is not served", () => UpdateAsync(s => s.EncryptionConfig = new EncryptionConfig { AutoLockManagers = true }));
        await RefusedAsync(UseCaseError.Unimplemented, "rotation of the root CA", () => UpdateAsync(s => s.CaConfig = new CAConfig { ForceRotate = 1 }));
        await RefusedAsync(UseCaseError.Unimplemented, "external CAs", () => UpdateAsync(s => s.CaConfig = new CAConfig { ExternalCas = { new ExternalCA() } }));
    }

    private async Task<Cluster> CreateAsync(Action<Cluster>? change = null)
    {
        var hidden = ByteString.CopyFromUtf8("hidden");
        var cluster = new Cluster
        {
            Id = "c",
            Spec = new ClusterSpec { Annotations = new Annotations { Name = "default" }, CaConfig = new CAConfig() },
            RootCa = new RootCA
            {
                CaKey = hidden,
                CaCert = ByteString.CopyFromUtf8("certificate"),
                JoinTokens = new JoinTokens { Worker = "SWMTKN-1-x-y", Manager = "SWMTKN-1-x-z" },
                RootRotation = new RootRotation { CaKey = hidden },
            },
            UnlockKeys = { new EncryptionKey { Key = hidden } },
            NetworkBootstrapKeys = { new EncryptionKey { Key = hidden } },
        };
        change?.Invoke(cluster);
        await _world.CreateAsync(cluster);
        return await _world.Clusters.GetAsync("c", Stop);
    }

    private Task<Cluster> RotateAsync(KeyRotation rotation)
    {
        var cluster = _world.Store.Current.Cluster!;
        return _world.Clusters.UpdateAsync(cluster.Id, cluster.Meta.Version, cluster.Spec.Clone(), rotation, Stop);
    }

    private Task<Cluster> UpdateAsync(Action<ClusterSpec> change)
    {
        var cluster = _world.Store.Current.Cluster!;
        var spec = cluster.Spec.Clone();
        change(spec);
        return _world.Clusters.UpdateAsync(cluster.Id, cluster.Meta.Version, spec, null, Stop);
    }

    private static Duration Minutes(int minutes) => Duration.FromTimeSpan(TimeSpan.FromMinutes(minutes));
}
