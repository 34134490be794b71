using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using static SwarmOrleans.Tests.Unit.Orchestration.Allocating.ServicePortsTests;
using Protocol = SwarmOrleans.Contracts.PortConfig.Types.Protocol;
using PublishMode = SwarmOrleans.Contracts.PortConfig.Types.PublishMode;

namespace SwarmOrleans.Tests.Unit.Orchestration.Allocating;

/// <summary>Ports for services, one by one and against a model.</summary>
public sealed class PortAllocatorTests
{
    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 5], Gen.Select(Gen.UInt[1, 3], Gen.UInt[0, 9], Gen.Bool, Gen.Bool).Array[0, 3], (service, kind, ports) => new Step(
            service, kind == 0, [.. ports.Select(p => Configured(p.Item1, p.Item2 < 4 ? 0 : p.Item2 + 6, p.Item3, p.Item4))]));

    [Fact]
    public void AT_PRT_5_TakenNumbers_AreRefused_FreeOnesMayBeChangedTo()
    {
        var swarm = new Swarm(PortRange.DefaultDynamic);
        Assert.Null(swarm.Publish("first", Port("http", 80, 8080)));
        Assert.Null(swarm.Publish("second", Port("http", 80, 8081)));
        Assert.Null(swarm.Publish("second", Port("http", 80, 8082)));
        Assert.Equal("port '8080' is already in use by service 'first' (first) as an ingress port", swarm.Publish("third", Port("http", 80, 8080)));
        Assert.Null(swarm.Publish("third", Port("http", 80, 8081)));
    }

    [Fact]
    public void AT_PRT_16_ANumber_InsideTheDynamicRangeOrOutside_IsGivenOnce()
    {
        var swarm = new Swarm(PortRange.DefaultDynamic);
        Assert.Null(swarm.Publish("a", Port("", 80, 30000), Port("", 81, 10000)));
        Assert.NotNull(swarm.Publish("b", Port("", 80, 30000)));
        Assert.NotNull(swarm.Publish("b", Port("", 80, 10000)));
        Assert.Null(swarm.Publish("b", Port("", 80)));
        Assert.Equal(30001U, swarm.PortsOf("b").Single().PublishedPort);
    }

    [Fact]
    public void AT_PRT_17_HostPortsComeFromTheSpec_IngressPortsAreKept()
    {
        var swarm = new Swarm(PortRange.DefaultDynamic);
        swarm.Publish("a", Port("in", 80), Port("host", 81, 8081, PublishMode.Host));
        Assert.Null(swarm.Publish("a", Port("in", 80), Port("host", 81, 8082, PublishMode.Host)));
        Assert.Equal([Port("in", 80, 30000), Port("host", 81, 8082, PublishMode.Host)], swarm.PortsOf("a"));
        Assert.Equal(Spec(Port("in", 80), Port("host", 81, 8082, PublishMode.Host)), swarm.EndpointOf("a")!.Spec);
    }

    [Fact]
    public void AT_PRT_18_Ranges_GiveTheLowestOrTheNextAfterTheLast_AndWrap()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PortRange(10, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PortRange(10, 9));
        Assert.Null(default(PortRange).NextFree(0, _ => true));
        var (range, taken) = (new PortRange(10, 12), new HashSet<uint>());
        Assert.Equal([10U, 11, 12], new[] { Lowest(), Lowest(), Lowest() });
        Assert.Null(range.NextFree(0, taken.Contains));
        taken.Remove(11);
        Assert.Equal(11U, Lowest());
        Assert.Equal((false, true, true, false), (range.Contains(9), range.Contains(10), range.Contains(12), range.Contains(13)));

        taken.Clear();
        var cursor = new PortCursor();
        Assert.Equal([10U, 11, 12, 10], Enumerable.Range(0, 4).Select(_ => cursor.Take(Protocol.Tcp, range, taken.Contains)!.Value));
        Assert.Equal(10U, cursor.Take(Protocol.Udp, range, taken.Contains));

        uint Lowest()
        {
            var number = range.NextFree(0, taken.Contains)!.Value;
            Assert.True(taken.Add(number));
            return number;
        }
    }

    [Fact]
    public void AT_ALO_8_SamePortTwiceInOneService_IsRefused_UntilItIsChanged()
    {
        var swarm = new Swarm(PortRange.DefaultDynamic);
        Assert.Equal("port '8080' is published twice", swarm.Publish("a", Port("a", 80, 8080), Port("b", 81, 8080)));
        Assert.Null(swarm.EndpointOf("a"));
        Assert.Null(swarm.Publish("a", Port("a", 80, 8080), Port("b", 81, 8081)));
    }

    [Fact]
    public void AT_ALO_9_PortsOfARemovedService_AreUsable()
    {
        var swarm = new Swarm(new PortRange(30000, 30001));
        Assert.Null(swarm.Publish("a", Port("", 80, 8080), Port("", 81), Port("", 82)));
        Assert.Equal("no tcp port of 30000-30001 is free", swarm.Publish("b", Port("", 81)));
        swarm.Remove("a");
        Assert.Null(swarm.Publish("b", Port("", 80, 8080), Port("", 81), Port("", 82)));
    }

    [Fact]
    public void AT_ALO_11_DynamicPort_CanBeChangedToAFixedOne_AndBack()
    {
        var swarm = new Swarm(PortRange.DefaultDynamic);
        swarm.Publish("a", Port("", 80));
        Assert.Null(swarm.Publish("a", Port("", 80, 8080)));
        Assert.Equal([Port("", 80, 8080)], swarm.PortsOf("a"));
        Assert.Null(swarm.Publish("b", Port("", 80, 30000)));
        Assert.Null(swarm.Publish("a", Port("", 80)));
        Assert.Equal([Port("", 80, 8080)], swarm.PortsOf("a"));
    }

    [Fact]
    public void AT_ALO_12_TheSameSpecs_GetTheSamePorts()
    {
        string Ports()
        {
            var swarm = new Swarm(PortRange.DefaultDynamic);
            swarm.Publish("a", Port("x", 80), Port("y", 81), Port("z", 82, 30001));
            swarm.Publish("b", Port("x", 80));
            return string.Join(" ", swarm.PortsOf("a").Concat(swarm.PortsOf("b")).Select(p => p.PublishedPort));
        }

        Assert.Equal("30000 30002 30001 30003", Ports());
        Assert.Equal(Ports(), Ports());
    }

    [Fact]
    public void PRT_2_NumbersOutsideTheRangeOfPorts_AreRefused() =>
        Assert.Equal("port '65536' is not one of 1-65535", new Swarm(PortRange.DefaultDynamic).Publish("a", Port("", 80, 65536)));

    [Fact]
    public void HostPorts_MayBeShared_ButNotWithIngress_AndAreNotGivenOut()
    {
        var swarm = new Swarm(new PortRange(30000, 30002));
        Assert.Null(swarm.Publish("a", Port("", 80, 30000, PublishMode.Host)));
        Assert.Null(swarm.Publish("b", Port("", 80, 30000, PublishMode.Host)));
        Assert.Contains("as a host-published port", swarm.Publish("c", Port("", 80, 30000)), StringComparison.Ordinal);
        Assert.Null(swarm.Publish("c", Port("", 80), Port("", 81, 30001, PublishMode.Host)));
        Assert.Equal(30002U, swarm.PortsOf("c")[0].PublishedPort);
        Assert.Contains("as an ingress port", swarm.Publish("d", Port("", 80, 30002, PublishMode.Host)), StringComparison.Ordinal);
    }

    [Fact]
    public void PortOfAServiceThatIsBeingRemoved_SaysWhatItWaitsFor()
    {
        var swarm = new Swarm(PortRange.DefaultDynamic);
        swarm.Publish("a", Port("", 80, 8080));
        swarm.IsLeaving("a");
        Assert.EndsWith("; it is being removed: the port is free when its tasks have stopped", swarm.Publish("b", Port("", 80, 8080)), StringComparison.Ordinal);
    }

    [Fact]
    public void AnyHistory_PortsAreHeldOnce_AndRefusedOnlyWhenTheyMustBe() => Steps.Array[1, 25].Sample(steps =>
    {
        var range = new PortRange(10, 13);
        var swarm = new Swarm(range);
        foreach (var step in steps)
        {
            var name = $"s{step.Service}";
            if (step.Removes)
            {
                swarm.Remove(name);
                continue;
            }

            var before = swarm.EndpointOf(name)?.Clone();
            var refusal = swarm.Publish(name, step.Ports);
            var others = swarm.AllBut(name);
            if (refusal is not null)
            {
                Assert.Equal(before, swarm.EndpointOf(name));
                Assert.True(MustRefuse(step.Ports, before, others, range), refusal);
                continue;
            }

            var has = swarm.PortsOf(name);
            Assert.Equal(step.Ports.Length, has.Count);
            for (var i = 0; i < has.Count; i++)
            {
                var wanted = step.Ports[i].Clone();
                if (wanted is { PublishMode: PublishMode.Ingress, PublishedPort: 0 })
                {
                    Assert.True(range.Contains(has[i].PublishedPort) || before!.Ports.Contains(has[i]));
                    wanted.PublishedPort = has[i].PublishedPort;
                }

                Assert.Equal(wanted, has[i]);
                Assert.DoesNotContain(others, o => Collide(o, has[i]));
                Assert.DoesNotContain(has.Take(i), o => o.PublishedPort != 0 && o.PublishedPort == has[i].PublishedPort && o.Protocol == has[i].Protocol);
            }

            Assert.True(ServicePorts.IsAllocated(swarm.EndpointOf(name)!.Spec, swarm.EndpointOf(name)));
            Assert.False(ServicePorts.HostPortsDiffer(swarm.EndpointOf(name)!.Spec, swarm.EndpointOf(name)));
            Assert.Null(swarm.Publish(name, step.Ports));
            Assert.Equal(has, swarm.PortsOf(name));
        }
    });

    // The plain truth: a number is asked for that somebody has, or twice; or there are more ports to choose than free numbers.
    private static bool MustRefuse(PortConfig[] wanted, Endpoint? before, List<PortConfig> others, PortRange range)
    {
        var kept = ServicePorts.Wanted(Spec(wanted), before).ToList();
        var numbered = kept.Where(p => p.PublishedPort != 0).ToList();
        if (numbered.Any(p => others.Any(o => Collide(o, p))) || numbered.GroupBy(p => (p.Protocol, p.PublishedPort)).Any(g => g.Count() > 1))
        {
            return true;
        }

        return kept.Where(p => p is { PublishedPort: 0, PublishMode: PublishMode.Ingress }).GroupBy(p => p.Protocol).Any(toChoose =>
            toChoose.Count() > Enumerable.Range((int)range.First, (int)(range.Last - range.First + 1))
                .Count(n => !others.Concat(numbered).Any(p => p.Protocol == toChoose.Key && p.PublishedPort == n)));
    }

    private static bool Collide(PortConfig a, PortConfig b) => a.PublishedPort != 0 && a.PublishedPort == b.PublishedPort && a.Protocol == b.Protocol
        && (a.PublishMode == PublishMode.Ingress || b.PublishMode == PublishMode.Ingress);

    private static PortConfig Configured(uint target, uint published, bool isHost, bool isUdp)
    {
        var port = Port("", target, published, isHost ? PublishMode.Host : PublishMode.Ingress);
        port.Protocol = isUdp ? Protocol.Udp : Protocol.Tcp;
        return port;
    }

    private sealed record Step(int Service, bool Removes, PortConfig[] Ports);

    /// <summary>Services and nothing else: the store as the allocator sees it.</summary>
    private sealed class Swarm(PortRange range)
    {
        private readonly SortedDictionary<string, Service> _services = new(StringComparer.Ordinal);
        private readonly PortCursor _cursor = new();

        public string? Publish(string name, params PortConfig[] ports)
        {
            var allocator = new PortAllocator(range, _cursor, (mode, protocol, number) => _services.Values.FirstOrDefault(s => s.Id != name
                && s.Endpoint.Ports.Any(p => p.PublishMode == mode && p.Protocol == protocol && p.PublishedPort == number)));
            var allocation = allocator.Allocate(Spec(ports), EndpointOf(name));
            if (allocation.Refusal is null)
            {
                _services[name] = new Service
                {
                    Id = name,
                    Spec = new ServiceSpec { Annotations = new Annotations { Name = name } },
                    Endpoint = ServicePorts.EndpointWith(EndpointOf(name), Spec(ports), allocation.Ports),
                };
            }

            return allocation.Refusal;
        }

        public void Remove(string name) => _services.Remove(name);

        public void IsLeaving(string name) => _services[name].PendingDelete = true;

        public Endpoint? EndpointOf(string name) => _services.GetValueOrDefault(name)?.Endpoint;

        public List<PortConfig> PortsOf(string name) => [.. EndpointOf(name)!.Ports];

        public List<PortConfig> AllBut(string name) => [.. _services.Values.Where(s => s.Id != name).SelectMany(s => s.Endpoint.Ports)];
    }
}
