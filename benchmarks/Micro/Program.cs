using BenchmarkDotNet.Running;
using SwarmOrleans.Benchmarks.Micro.OrchestrationFigures;
using SwarmOrleans.Benchmarks.Micro.StoreFigures;

// --quick and --reconcile print rough figures in under a minute; anything else goes to BenchmarkDotNet (--filter '*').
if (args is ["--quick", ..])
{
    await QuickFigures.RunAsync(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 100_000);
    return;
}

if (args is ["--reconcile", ..])
{
    ReconcileFigures.Run(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 100_000);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
