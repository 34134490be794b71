using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans;
using Orleans.Runtime;
using Orleans.TestingHost;
using SwarmOrleans.Silo.Hosting;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Silo.Grains;

/// <summary>Silos with the production's grains on one store, under a clock that the test moves. Orleans' own clocks are the real one.</summary>
public sealed class GrainCluster : IAsyncDisposable
{
    private static readonly string[] OrleansClocks =
    [
        TimeProviderNames.Grains,
        TimeProviderNames.Messaging,
        TimeProviderNames.SystemTimers,
        TimeProviderNames.Membership,
        TimeProviderNames.ActivationManagement,
        TimeProviderNames.GrainDirectory,
    ];

    private GrainCluster(InProcessTestCluster silos) => Silos = silos;

    public InProcessTestCluster Silos { get; }

    /// <summary>The first silo's calls, which activate beside it.</summary>
    public IGrainFactory Grains => GrainsOf(0);

    public static async Task<GrainCluster> StartAsync(short silos, ISwarmStore store, TimeProvider time)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            SiloHost.AddGrains(silo.Services, store, time);
            foreach (var clock in OrleansClocks)
            {
                silo.Services.AddKeyedSingleton(clock, TimeProvider.System);
            }
        });
        var cluster = builder.Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);
        return new GrainCluster(cluster);
    }

    public IGrainFactory GrainsOf(int silo) => Silos.Silos[silo].ServiceProvider.GetRequiredService<IGrainFactory>();

    public ValueTask DisposeAsync() => Silos.DisposeAsync();
}

/// <summary>One silo for the tests of a class.</summary>
public sealed class OneSilo : IAsyncLifetime
{
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public TestStore Test { get; private set; } = null!;

    public GrainCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Test = TestStore.Create(Time);
        Cluster = await GrainCluster.StartAsync(1, Test.Store, Time);
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Test.DisposeAsync();
    }
}
