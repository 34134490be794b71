using Orleans;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace SwarmOrleans.Silo.Grains;

[GenerateSerializer]
internal sealed class ManagerPlacementStrategy : PlacementStrategy
{
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class ManagerPlacementAttribute() : PlacementAttribute(new ManagerPlacementStrategy());

/// <summary>Places a grain on the silo whose name is its key, and nowhere else.</summary>
internal sealed class ManagerPlacementDirector(IClusterMembershipService membership) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var name = target.GrainIdentity.Key.ToString();
        var compatible = context.GetCompatibleSilos(target);
        foreach (var member in membership.CurrentSnapshot.Members.Values)
        {
            if (member.Name == name && member.Status == SiloStatus.Active && compatible.Contains(member.SiloAddress))
            {
                return Task.FromResult(member.SiloAddress);
            }
        }

        throw new SiloUnavailableException($"manager {name} is not active");
    }
}
