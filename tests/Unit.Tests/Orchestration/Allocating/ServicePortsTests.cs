using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using PublishMode = SwarmOrleans.Contracts.PortConfig.Types.PublishMode;

namespace SwarmOrleans.Tests.Unit.Orchestration.Allocating;

/// <summary>The ports of a spec beside those of an endpoint.</summary>
public sealed class ServicePortsTests
{
    [Fact]
    public void AT_PRT_1_WithoutEndpoint_TheSpecsPortsAreUsed() =>
        Assert.Equal([Port("a", 1, 1001), Port("b", 2)], ServicePorts.Wanted(Spec(Port("a", 1, 1001), Port("b", 2)), null));

    [Fact]
    public void AT_PRT_2_OtherNumberOfPorts_TheSpecsPortsAreUsed() => Assert.Equal(
        [Port("a", 1, 1001)], ServicePorts.Wanted(Spec(Port("a", 1, 1001)), Endpoint(Port("a", 1, 1001), Port("b", 2, 1002))));

    [Fact]
    public void AT_PRT_3_OtherTargetPort_TheSpecsPortIsUsed()
    {
        Assert.Equal([Port("a", 1, 1001)], ServicePorts.Wanted(Spec(Port("a", 1, 1001)), Endpoint(Port("a", 2, 1001))));
        Assert.Equal([Port("a", 1)], ServicePorts.Wanted(Spec(Port("a", 1)), Endpoint(Port("a", 2, 30001))));
    }

    [Fact]
    public void AT_PRT_4_PortsWithoutNumber_KeepThatOfTheirTarget_InWhateverOrder() => Assert.Equal(
        [Port("a", 1, 30001), Port("b", 2, 30002)],
        ServicePorts.Wanted(Spec(Port("a", 1), Port("b", 2)), Endpoint(Port("b", 2, 30002), Port("a", 1, 30001))));

    [Fact]
    public void PRT_3_PortsAreAddedAndTaken_NumbersStay()
    {
        var endpoint = Endpoint(Port("a", 1, 30001), Port("b", 2, 30002));
        Assert.Equal([Port("b", 2, 30002)], ServicePorts.Wanted(Spec(Port("b", 2)), endpoint));
        Assert.Equal(
            [Port("c", 3), Port("b", 2, 30002), Port("a", 1, 30001)], ServicePorts.Wanted(Spec(Port("c", 3), Port("b", 2), Port("a", 1)), endpoint));
    }

    [Fact]
    public void OneTargetUnderSeveralNumbers_EachNumberIsKeptOnce()
    {
        var endpoint = Endpoint(Port("a", 1, 30001), Port("a", 1, 30002));
        Assert.Equal([Port("a", 1, 30001), Port("a", 1, 30002)], ServicePorts.Wanted(Spec(Port("a", 1), Port("a", 1)), endpoint));
        Assert.Equal([Port("a", 1, 30002), Port("a", 1, 30001)], ServicePorts.Wanted(Spec(Port("a", 1), Port("a", 1, 30001)), endpoint));
    }

    [Fact]
    public void HostPortWithoutNumber_StaysWithout() => Assert.Equal(
        [Port("a", 1, 0, PublishMode.Host)], ServicePorts.Wanted(Spec(Port("a", 1, 0, PublishMode.Host)), Endpoint(Port("a", 1, 30001))));

    [Fact]
    public void AT_PRT_6_NeitherEndpointNorSpec_NoUpdate() => Assert.False(ServicePorts.HostPortsDiffer(null, null));

    [Fact]
    public void AT_PRT_7_NoHostPort_NoUpdate() => Assert.False(ServicePorts.HostPortsDiffer(Spec(Port("a", 1, 1001)), Endpoint(Port("a", 1, 1002))));

    [Fact]
    public void AT_PRT_8_IngressThatShallBeHost_IsAnUpdate() =>
        Assert.True(ServicePorts.HostPortsDiffer(Spec(Port("a", 1, 1001, PublishMode.Host)), Endpoint(Port("a", 1, 1001))));

    [Fact]
    public void AT_PRT_9_NothingChanged_NoUpdate() => Assert.False(
        ServicePorts.HostPortsDiffer(Spec(Port("a", 1, 1001, PublishMode.Host)), Endpoint(Port("a", 1, 1001, PublishMode.Host))));

    [Fact]
    public void AT_PRT_10_HostPortWithoutNumber_NoUpdate() =>
        Assert.False(ServicePorts.HostPortsDiffer(Spec(Port("a", 1, 0, PublishMode.Host)), Endpoint(Port("a", 1, 0, PublishMode.Host))));

    [Fact]
    public void AT_PRT_11_HostNumberThatTheEndpointLacks_IsAnUpdate_UntilItHasIt()
    {
        var spec = Spec(Port("a", 1, 1001, PublishMode.Host), Port("b", 2, 0, PublishMode.Host));
        Assert.True(ServicePorts.HostPortsDiffer(spec, Endpoint(Port("a", 1, 0, PublishMode.Host), Port("b", 2, 0, PublishMode.Host))));
        Assert.False(ServicePorts.HostPortsDiffer(spec, Endpoint(Port("a", 1, 1001, PublishMode.Host), Port("b", 2, 0, PublishMode.Host))));
    }

    [Fact]
    public void AT_PRT_12_NeitherEndpointNorSpec_IsAllocated() => Assert.True(ServicePorts.IsAllocated(null, null));

    [Fact]
    public void AT_PRT_13_WhatLacksAPort_IsNotAllocated()
    {
        Assert.False(ServicePorts.IsAllocated(null, Endpoint(Port("a", 1, 1001))));
        Assert.False(ServicePorts.IsAllocated(Spec(Port("a", 1, 1001)), null));
        Assert.False(ServicePorts.IsAllocated(Spec(Port("a", 1, 1001)), Endpoint(Port("a", 1, 1001), Port("b", 2, 1002))));
        Assert.False(ServicePorts.IsAllocated(Spec(Port("a", 1, 1001)), Endpoint(Port("a", 2, 1001))));
        Assert.False(ServicePorts.IsAllocated(Spec(Port("a", 1, 1001)), Endpoint(Port("a", 1, 1002))));
        Assert.False(ServicePorts.IsAllocated(Spec(Port("a", 1)), Endpoint(Port("a", 1))));
    }

    [Fact]
    public void AT_PRT_14_WhatHasEveryPort_IsAllocated()
    {
        Assert.True(ServicePorts.IsAllocated(Spec(Port("a", 1, 1001)), Endpoint(Port("a", 1, 1001))));
        Assert.True(ServicePorts.IsAllocated(Spec(Port("a", 1)), Endpoint(Port("a", 1, 30001))));
        Assert.True(ServicePorts.IsAllocated(Spec(Port("a", 1), Port("b", 2)), Endpoint(Port("b", 2, 30002), Port("a", 1, 30001))));
        Assert.True(ServicePorts.IsAllocated(
            Spec(Port("a", 1, 1001), Port("a", 1, 1002), Port("a", 1), Port("b", 2)),
            Endpoint(Port("a", 1, 1001), Port("a", 1, 1002), Port("a", 1, 30001), Port("b", 2, 30002))));
    }

    [Fact]
    public void AT_PRT_15_HostPortOfAnotherTarget_IsNotAllocated() => Assert.False(
        ServicePorts.IsAllocated(Spec(Port("a", 1, 1001, PublishMode.Host)), Endpoint(Port("a", 2, 1001, PublishMode.Host))));

    [Fact]
    public void EndpointForTasks_HasThePortsOfItsSpec_NotThoseOfAnother()
    {
        var spec = Spec(Port("a", 1));
        var service = new Service { Spec = new ServiceSpec { Endpoint = spec }, Endpoint = Endpoint(Port("a", 1, 30001)) };
        Assert.Empty(ServicePorts.EndpointForTasks(service)!.Ports);
        service.Endpoint.Spec = spec.Clone();
        Assert.Equal(30001U, Assert.Single(ServicePorts.EndpointForTasks(service)!.Ports).PublishedPort);
        service.Spec.Endpoint = null;
        Assert.Null(ServicePorts.EndpointForTasks(service));
    }

    internal static PortConfig Port(string name, uint target, uint published = 0, PublishMode mode = PublishMode.Ingress) =>
        new() { Name = name, TargetPort = target, PublishedPort = published, PublishMode = mode };

    internal static EndpointSpec Spec(params PortConfig[] ports) => new() { Ports = { ports } };

    internal static Endpoint Endpoint(params PortConfig[] ports) => new() { Ports = { ports } };
}
