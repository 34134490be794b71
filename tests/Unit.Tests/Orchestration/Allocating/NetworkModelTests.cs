using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Allocating;

/// <summary>Whatever happens in whatever order: nothing is given twice, everything comes back, and a rebuilt allocator knows what the old one knew.</summary>
public sealed class NetworkModelTests
{
    private static readonly string[] Wanted = ["", "", "10.0.0.0/24", "10.0.0.0/30", "10.0.0.4/30", "10.0.0.0/28", "10.0.0.32/27", "10.0.0.64/32"];

    private static readonly Gen<(int Id, int Wanted, int Vxlan)> NetworkSteps = Gen.Select(Gen.Int[0, 5], Gen.Int[0, Wanted.Length - 1], Gen.Int[0, 6]);

    private static readonly Gen<(int What, int Number)> AddressSteps = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 40]);

    [Fact]
    public void Subnets_NeverOverlap_AndARebuiltAllocatorRefusesTheSame() => NetworkSteps.Array[1, 40].Sample(steps =>
    {
        var allocator = new NetworkAllocator();
        var cluster = new Cluster { DefaultAddressPool = { "10.0.0.0/26" }, SubnetSize = 28 };
        allocator.Configure(cluster);
        var given = new Dictionary<string, Network>();
        foreach (var (id, wanted, vxlan) in steps)
        {
            if (given.Remove($"n{id}"))
            {
                Assert.True(allocator.Release($"n{id}"));
                continue;
            }

            var network = new Network { Id = $"n{id}", Spec = new NetworkSpec { Ipam = new IPAMOptions { Configs = { new IPAMConfig { Subnet = Wanted[wanted] } } } } };
            if (vxlan > 3)
            {
                network.Spec.DriverConfig = new Driver { Name = "overlay", Options = { [NetworkFacts.VxlanIdsOption] = $"{4092 + vxlan}" } };
            }

            // One that is rebuilt may choose others, but can give something exactly when the old one can.
            var rebuilt = new NetworkAllocator();
            rebuilt.Configure(cluster);
            Assert.All(given.Values, n => Assert.True(rebuilt.Restore(n)));
            var (now, refusal) = allocator.Allocate(network);
            Assert.Equal(refusal, rebuilt.Allocate(network).Refusal);
            if (now is not null)
            {
                var subnet = Subnet.TryParse(now.Ipam.Configs[0].Subnet)!.Value;
                Assert.All(given.Values, n => Assert.False(Subnet.TryParse(n.Ipam.Configs[0].Subnet)!.Value.Overlaps(subnet)));
                Assert.All(given.Values, n => Assert.NotEqual(n.DriverState, now.DriverState));
                given.Add(now.Id, now);
            }
        }
    });

    [Fact]
    public void Addresses_AreThoseOfAModel() => Gen.Select(Gen.Int[26, 30], Gen.Bool, AddressSteps.Array[1, 80]).Sample((prefix, hasRange, steps) =>
    {
        var config = new IPAMConfig { Subnet = $"10.0.0.0/{prefix}", Gateway = "10.0.0.1", Range = hasRange ? $"10.0.0.0/{prefix + 1}" : "" };
        var (pool, used) = (new AddressPool(config), new HashSet<uint>());
        var (subnet, range) = (pool.Subnet, Subnet.TryParse(hasRange ? config.Range : config.Subnet)!.Value);
        bool MayBe(uint a) => subnet.Contains(a) && a != subnet.First && a != subnet.Last && a != subnet.First + 1;
        foreach (var (what, number) in steps)
        {
            var address = subnet.First + (uint)number;
            switch (what)
            {
                case 0 or 1:
                    var next = pool.TakeNext((AddressEnd)what);
                    var isFull = Enumerable.Range(0, (int)range.Size).All(i => !MayBe(range.First + (uint)i) || used.Contains(range.First + (uint)i));
                    Assert.Equal(isFull, next is null);
                    Assert.True(next is not { } n || (MayBe(n) && range.Contains(n) && used.Add(n)));
                    break;
                case 2:
                    Assert.Equal(MayBe(address) && !used.Contains(address), pool.Take(address));
                    _ = MayBe(address) && used.Add(address);
                    break;
                case 3:
                    Assert.Equal(used.Remove(address), pool.Release(address));
                    break;
                default:
                    var rebuilt = new AddressPool(config);
                    Assert.All(used, a => rebuilt.Restore(a, AddressEnd.Low));
                    Assert.Equal(pool.InUse, rebuilt.InUse);
                    Assert.All(used, a => Assert.True(rebuilt.IsInUse(a)));
                    break;
            }
        }

        Assert.Equal(used.Count, pool.InUse);
        Assert.All(used, a => Assert.True(pool.Release(a)));
        Assert.Equal(0, pool.InUse);
    });

    [Fact]
    public void Bits_AreThoseOfASet() => Gen.Select(Gen.Long[0, 2999], Gen.Bool).Array[1, 200].Sample(steps =>
    {
        var (bits, model) = (new AddressBits(3000), new SortedSet<long>());
        foreach (var (at, isSet) in steps)
        {
            // In blocks, so that whole pages are full.
            for (var bit = at; bit < Math.Min(at + 1100, 3000); bit += 1)
            {
                Assert.Equal(isSet ? model.Add(bit) : model.Remove(bit), isSet ? bits.Set(bit) : bits.Clear(bit));
            }

            Assert.Equal(model.Count, bits.Count);
            var free = Enumerable.Range(0, 3000).Select(i => (long)i).Where(i => i >= at && !model.Contains(i)).ToList();
            Assert.Equal(free.Count == 0 ? null : free[0], bits.LowestClear(at, 2999));
            Assert.Equal(free.Count == 0 ? null : free[^1], bits.HighestClear(at, 2999));
        }
    }, iter: 10);
}
