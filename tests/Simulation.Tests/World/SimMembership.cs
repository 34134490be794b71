using Google.Protobuf.WellKnownTypes;
using Orleans.Runtime;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Store;

namespace SwarmOrleans.Tests.Simulation.World;

/// <summary>Declares silos dead that cannot be reached, in the place of Orleans.</summary>
internal sealed class SimMembership(SwarmStore store, SimWorld world, Func<string, bool> isReachable) : ILeaderLoop
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);

    public static SiloMember? ActiveRow(StoreView view, string managerId) =>
        view.All<SiloMember>().FirstOrDefault(s => s.SiloName == managerId && s.Status == (int)SiloStatus.Active);

    public static SiloMember NewRow(string id, string managerId, string bootId, TimeProvider time)
    {
        var now = Timestamp.FromDateTimeOffset(time.GetUtcNow());
        return new SiloMember { Id = id, SiloName = managerId, HostName = bootId, Status = (int)SiloStatus.Active, StartTime = now, IAmAliveTime = now };
    }

    public static SiloMember Dead(SiloMember row)
    {
        var dead = row.Clone();
        dead.Status = (int)SiloStatus.Dead;
        return dead;
    }

    public async Task RunAsync(long term, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Patience, world.Time, cancellationToken);
            foreach (var row in store.Current.All<SiloMember>().Where(s => s.Status == (int)SiloStatus.Active && !isReachable(s.SiloName)))
            {
                await store.CommitAsync(new StoreTransaction().UnderTerm(term).Update(Dead(row)), cancellationToken);
            }
        }
    }
}
